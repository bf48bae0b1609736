/* Small things that laws need. */
#ifndef VLA_ROS_TURN_H
#define VLA_ROS_TURN_H

#include <math.h>

static double clamp(double value, double limit) {
    return value > limit ? limit : value < -limit ? -limit : value;
}

/* Rotation vector of a b^T, by way of the quaternion with its largest component first. */
static void turn_between(const double *a, const double *b, double *out) {
    double m[3][3], x, y, z, w;
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            m[i][j] = a[3 * i] * b[3 * j] + a[3 * i + 1] * b[3 * j + 1] + a[3 * i + 2] * b[3 * j + 2];
    double p = m[0][0], q = m[1][1], r = m[2][2];
    if (p + q + r > 0) {
        x = m[2][1] - m[1][2], y = m[0][2] - m[2][0], z = m[1][0] - m[0][1], w = 1 + p + q + r;
    } else if (p > q && p > r) {
        x = 1 + p - q - r, y = m[0][1] + m[1][0], z = m[0][2] + m[2][0], w = m[2][1] - m[1][2];
    } else if (q > r) {
        x = m[0][1] + m[1][0], y = 1 - p + q - r, z = m[1][2] + m[2][1], w = m[0][2] - m[2][0];
    } else {
        x = m[0][2] + m[2][0], y = m[1][2] + m[2][1], z = 1 - p - q + r, w = m[1][0] - m[0][1];
    }
    double scale = (w < 0 ? -1 : 1) / sqrt(x * x + y * y + z * z + w * w);
    x *= scale, y *= scale, z *= scale, w *= scale;
    double s = sqrt(x * x + y * y + z * z);
    double k = s < 1e-7 ? 2 : 2 * atan2(s, w) / s;
    out[0] = k * x, out[1] = k * y, out[2] = k * z;
}

#endif
