/* Cartesian impedance: what laws/cartesian_impedance.py computes. */

#include <math.h>
#include <string.h>

#include "arm.h"
#include "cholesky.h"
#include "turn.h"

typedef struct {
    const double *stiffness, *damping;                 /* (6, 6) */
    const double *error_limit, *push_limit;            /* (6) */
    const double *posture, *posture_rate;              /* (n) rad, rad/s */
    const double *posture_stiffness, *posture_damping; /* (n) Nm/rad, Nms/rad */
    const double *posture_limit;                       /* (n) Nm */
    const double *low, *high;                          /* (n) rad, beyond which joints are repelled */
    const double *viscous, *dry;                       /* (n) Nms/rad, Nm of friction */
    double slope;                                      /* Nm/rad, of the repulsion */
    double ridge;                                      /* on the diagonal that is inverted */
    double friction_speed;                             /* rad/s */
    long follow;                                       /* 0: damp to the world, 1: to the target's
                                                          twist, 2: and push by its acceleration */
    long project;                                      /* 0: not, 1: dynamic, 2: kinematic */
    long tool;                                         /* axes of stiffness, damping, error limit */
    long lead;                                         /* whether friction is compensated */
    long gravity, coriolis;                            /* flags */
} Impedance;

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

/* The factor of J J^T + ridge. */
static void kinematic_gram(const Arm *arm, double ridge, double *gram) {
    const double *jacobian = arm->jacobian;
    long n = arm->n;
    for (int i = 0; i < 6; i++)
        for (int j = 0; j <= i; j++) {
            double sum = i == j ? ridge : 0;
            for (long k = 0; k < n; k++) sum += jacobian[i * n + k] * jacobian[j * n + k];
            gram[6 * i + j] = gram[6 * j + i] = sum;
        }
    factorise(gram, 6);
}

/* [R^T a; R^T b] for v = [a; b], or with `back` [R a; R b], in place. */
static void rotate(const double *r, double *v, int back) {
    for (double *part = v; part < v + 6; part += 3) {
        double x = part[0], y = part[1], z = part[2];
        for (int i = 0; i < 3; i++)
            part[i] = back ? r[3 * i] * x + r[3 * i + 1] * y + r[3 * i + 2] * z
                           : r[i] * x + r[3 + i] * y + r[6 + i] * z;
    }
}

/* target: position (3), quaternion (4), rotation (9), twist (6), acceleration (6), wrench (6). */
static void task(const Impedance *law, const Arm *arm, const double *target,
                 const double *inertia, double *wrench) {
    double error[6], rate[6], push[6];
    for (int k = 0; k < 3; k++) error[k] = target[k] - arm->position[k];
    turn_between(target + 7, arm->rotation, error + 3);
    for (int k = 0; k < 6; k++) rate[k] = (law->follow ? target[16 + k] : 0) - arm->twist[k];
    if (law->tool) rotate(arm->rotation, error, 0), rotate(arm->rotation, rate, 0);
    for (int k = 0; k < 6; k++) error[k] = clamp(error[k], law->error_limit[k]);
    for (int k = 0; k < 6; k++) {
        const double *stiffness = law->stiffness + 6 * k, *damping = law->damping + 6 * k;
        wrench[k] = 0;
        for (int j = 0; j < 6; j++) wrench[k] += stiffness[j] * error[j] + damping[j] * rate[j];
    }
    if (law->tool) rotate(arm->rotation, wrench, 1);
    for (int k = 0; k < 6; k++) wrench[k] += target[28 + k];
    if (law->follow < 2) return;
    for (int k = 0; k < 6; k++) push[k] = target[22 + k] - arm->drift[k];
    solve(inertia, 6, push);
    for (int k = 0; k < 6; k++) wrench[k] += clamp(push[k], law->push_limit[k]);
}

/* The posture torque before the projection, and the wrench that takes it from the tcp. */
static void posture(const Impedance *law, const Arm *arm, const double *back,
                    const double *inertia, double *pull, double *share) {
    double gram[36];
    long n = arm->n;
    for (long i = 0; i < n; i++)
        pull[i] = clamp(law->posture_stiffness[i] * (law->posture[i] - arm->q[i])
                        + law->posture_damping[i] * (law->posture_rate[i] - arm->dq[i]),
                        law->posture_limit[i]);
    memset(share, 0, 6 * sizeof(double));
    if (!law->project) return;
    const double *rows = law->project == 1 ? back : arm->jacobian;
    for (int k = 0; k < 6; k++)
        for (long i = 0; i < n; i++) share[k] += rows[k * n + i] * pull[i];
    if (law->project == 2) kinematic_gram(arm, law->ridge, gram);
    solve(law->project == 1 ? inertia : gram, 6, share);
}

/* Friction of joint i at its part in the target's motion, M^-1 J^T of `push`, as far as it has it. */
static double friction(const Impedance *law, const Arm *arm, long i, const double *back,
                       const double *push) {
    double speed = 0, real = arm->dq[i];
    for (int k = 0; k < 6; k++) speed += back[k * arm->n + i] * push[k];
    if (speed * real <= 0) return 0;
    if (fabs(speed) > fabs(real)) speed = real;
    double sum = law->viscous[i] * speed;
    if (law->dry[i] > 0) sum += law->dry[i] * tanh(speed / law->friction_speed);
    return sum;
}

/* Gravity's and Coriolis' torques and the repulsion from its limits, of joint i. */
static double arm_terms(const Impedance *law, const Arm *arm, long i) {
    double q = arm->q[i], inside = q;
    if (q < law->low[i]) inside = law->low[i];
    if (q > law->high[i]) inside = law->high[i];
    double sum = law->slope * (inside - q);
    if (law->gravity) sum += arm->weight[i];
    if (law->coriolis) sum += arm->coriolis[i];
    return sum;
}

/* Write the torque (n) Nm into out. */
void impedance_torque(const Impedance *law, const Arm *arm, const double *target, double *out) {
    double back[6 * MAX_JOINTS], inertia[36], wrench[6], share[6], pull[MAX_JOINTS], push[6];
    long n = arm->n;
    if (law->project == 1 || law->follow == 2 || law->lead)
        apparent_mass(arm, law->ridge, back, inertia);
    task(law, arm, target, inertia, wrench);
    posture(law, arm, back, inertia, pull, share);
    for (int k = 0; k < 6; k++) wrench[k] -= share[k], push[k] = target[16 + k];
    if (law->lead) solve(inertia, 6, push);
    for (long i = 0; i < n; i++) {
        double sum = pull[i] + arm_terms(law, arm, i);
        if (law->lead) sum += friction(law, arm, i, back, push);
        for (int k = 0; k < 6; k++) sum += arm->jacobian[k * n + i] * wrench[k];
        out[i] = sum;
    }
}
