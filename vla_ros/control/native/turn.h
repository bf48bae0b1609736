/* Small things that laws need. */
#ifndef VLA_ROS_TURN_H
#define VLA_ROS_TURN_H

#include <math.h>

static inline double clamp(double value, double limit) {
    return value > limit ? limit : value < -limit ? -limit : value;
}

/* Rotation vector of a b^T, by way of the quaternion with its largest component first. */
static inline void turn_between(const double *a, const double *b, double *out) {
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

/* [R^T a; R^T b] for v = [a; b], or with `back` [R a; R b], in place. */
static inline void rotate(const double *r, double *v, int back) {
    for (double *part = v; part < v + 6; part += 3) {
        double x = part[0], y = part[1], z = part[2];
        for (int i = 0; i < 3; i++)
            part[i] = back ? r[3 * i] * x + r[3 * i + 1] * y + r[3 * i + 2] * z
                           : r[i] * x + r[3 + i] * y + r[6 + i] * z;
    }
}

/* Rotation matrix (3, 3) of a unit quaternion xyzw. */
static inline void matrix_of(const double *q, double *out) {
    double x = q[0], y = q[1], z = q[2], w = q[3];
    out[0] = 1 - 2 * (y * y + z * z), out[1] = 2 * (x * y - z * w), out[2] = 2 * (x * z + y * w);
    out[3] = 2 * (x * y + z * w), out[4] = 1 - 2 * (x * x + z * z), out[5] = 2 * (y * z - x * w);
    out[6] = 2 * (x * z - y * w), out[7] = 2 * (y * z + x * w), out[8] = 1 - 2 * (x * x + y * y);
}

#endif
