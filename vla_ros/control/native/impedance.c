/* Cartesian impedance: what laws/cartesian_impedance.py computes, with dynamic null space. */

#include <math.h>
#include <string.h>

#include "arm.h"
#include "cholesky.h"

typedef struct {
    const double *stiffness, *damping;          /* (6) */
    const double *error_limit, *push_limit;     /* (6) */
    const double *posture;                      /* (n) rad */
    const double *low, *high;                   /* (n) rad, beyond which the joints are repelled */
    double posture_stiffness, posture_damping;  /* Nm/rad, Nms/rad */
    double posture_limit;                       /* Nm */
    double slope;                               /* Nm/rad */
    double ridge;                               /* on the mobility's diagonal */
    long follow;                                /* 0: damp to the world, 1: to the target's twist,
                                                   2: and push by its acceleration */
    long project, gravity, coriolis;            /* flags */
} Impedance;

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

/* back = M^-1 J^T by rows of its transpose (6, n); inertia = the factor of J back + ridge. */
static void apparent_mass(const Arm *arm, double ridge, double *back, double *inertia) {
    double factor[MAX_JOINTS * MAX_JOINTS];
    long n = arm->n;
    memcpy(factor, arm->mass, n * n * sizeof(double));
    factorise(factor, n);
    memcpy(back, arm->jacobian, 6 * n * sizeof(double));
    for (int i = 0; i < 6; i++) solve(factor, n, back + i * n);
    for (int i = 0; i < 6; i++)
        for (int j = 0; j <= i; j++) {
            double sum = i == j ? ridge : 0;
            for (long k = 0; k < n; k++) sum += arm->jacobian[i * n + k] * back[j * n + k];
            inertia[6 * i + j] = inertia[6 * j + i] = sum;
        }
    factorise(inertia, 6);
}

/* target: position (3), quaternion (4), rotation (9), twist (6), acceleration (6). */
static void task(const Impedance *law, const Arm *arm, const double *target,
                 const double *inertia, double *wrench) {
    double error[6], push[6];
    for (int k = 0; k < 3; k++) error[k] = target[k] - arm->position[k];
    turn_between(target + 7, arm->rotation, error + 3);
    for (int k = 0; k < 6; k++) {
        double rate = (law->follow ? target[16 + k] : 0) - arm->twist[k];
        wrench[k] = law->stiffness[k] * clamp(error[k], law->error_limit[k])
                    + law->damping[k] * rate;
        push[k] = target[22 + k] - arm->drift[k];
    }
    if (law->follow < 2) return;
    solve(inertia, 6, push);
    for (int k = 0; k < 6; k++) wrench[k] += clamp(push[k], law->push_limit[k]);
}

/* Write the torque (n) Nm into out. */
void impedance_torque(const Impedance *law, const Arm *arm, const double *target, double *out) {
    double back[6 * MAX_JOINTS], inertia[36], wrench[6], share[6], pull[MAX_JOINTS];
    long n = arm->n;
    if (law->project || law->follow == 2) apparent_mass(arm, law->ridge, back, inertia);
    task(law, arm, target, inertia, wrench);
    for (long i = 0; i < n; i++)
        pull[i] = clamp(law->posture_stiffness * (law->posture[i] - arm->q[i])
                        - law->posture_damping * arm->dq[i], law->posture_limit);
    if (law->project) {
        for (int k = 0; k < 6; k++) {
            share[k] = 0;
            for (long i = 0; i < n; i++) share[k] += back[k * n + i] * pull[i];
        }
        solve(inertia, 6, share);
        for (int k = 0; k < 6; k++) wrench[k] -= share[k];
    }
    for (long i = 0; i < n; i++) {
        double q = arm->q[i], sum = pull[i];
        for (int k = 0; k < 6; k++) sum += arm->jacobian[k * n + i] * wrench[k];
        sum += law->slope * ((q < law->low[i] ? law->low[i] : q > law->high[i] ? law->high[i] : q) - q);
        if (law->gravity) sum += arm->weight[i];
        if (law->coriolis) sum += arm->coriolis[i];
        out[i] = sum;
    }
}
