/* Cartesian impedance and operational space: what laws/cartesian_impedance.py and
   laws/operational_space.py compute. */

#include <math.h>
#include <string.h>

#include "arm.h"
#include "cholesky.h"
#include "gram.h"
#include "inertia.h"
#include "target.h"
#include "turn.h"

typedef struct {
    const double *stiffness, *damping;                 /* (6, 6) */
    const double *error_limit, *push_limit;            /* (6) */
    const double *mobility;                            /* (6) 1 / M, where it is decoupled */
    const double *posture_stiffness, *posture_damping; /* (n) Nm/rad, Nms/rad */
    const double *posture_limit;                       /* (n) Nm */
    const double *low, *high;                          /* (n) rad, beyond which joints are repelled */
    const double *viscous, *dry;                       /* (n) Nms/rad, Nm of friction */
    double slope;                                      /* Nm/rad, of the repulsion */
    double ridge;                                      /* on the diagonal that is inverted */
    double singularity, lever;                         /* 1/kg, m: the damped inertia's; 0: ridge */
    double friction_speed;                             /* rad/s */
    long follow;                                       /* 0: damp to the world, 1: to the target's
                                                          twist, 2: and push by its acceleration */
    long project;                                      /* 0: not, 1: dynamic, 2: kinematic */
    long decouple;                                     /* the spring makes accelerations */
    long tool;                                         /* axes of stiffness, damping, error limit */
    long lead;                                         /* whether friction is compensated */
    long gravity, coriolis;                            /* flags */
} Impedance;

/* The spring and the damper, base axes. */
static void spring(const Impedance *law, const Arm *arm, const double *target, double *wrench) {
    double error[6], rate[6];
    for (int k = 0; k < 3; k++) error[k] = target[POSITION + k] - arm->position[k];
    turn_between(target + ROTATION, arm->rotation, error + 3);
    for (int k = 0; k < 6; k++) rate[k] = (law->follow ? target[TWIST + k] : 0) - arm->twist[k];
    if (law->tool) rotate(arm->rotation, error, 0), rotate(arm->rotation, rate, 0);
    for (int k = 0; k < 6; k++) error[k] = clamp(error[k], law->error_limit[k]);
    for (int k = 0; k < 6; k++) {
        const double *stiffness = law->stiffness + 6 * k, *damping = law->damping + 6 * k;
        wrench[k] = 0;
        for (int j = 0; j < 6; j++) wrench[k] += stiffness[j] * error[j] + damping[j] * rate[j];
    }
    if (law->tool) rotate(arm->rotation, wrench, 1);
}

/* The wrench on the tcp without the target's; inertia is read where it is needed. */
static void task(const Impedance *law, const Arm *arm, const double *target,
                 const Inertia *inertia, double *wrench) {
    double push[6];
    int follows = law->follow == 2;
    spring(law, arm, target, wrench);
    if (!law->decouple && !follows) return;
    for (int k = 0; k < 6; k++) {
        push[k] = (follows ? target[ACCELERATION + k] : 0) - arm->drift[k];
        if (law->decouple) push[k] += wrench[k] * law->mobility[k], wrench[k] = 0;
    }
    times_inertia(inertia, push);
    for (int k = 0; k < 6; k++) wrench[k] += clamp(push[k], law->push_limit[k]);
}

/* The posture torque before the projection, and the wrench that takes it from the tcp. */
static void posture(const Impedance *law, const Arm *arm, const double *target,
                    const Inertia *inertia, double *pull, double *share) {
    double factor[36];
    long n = arm->n;
    const double *wanted = target + POSTURE, *rate = wanted + n;
    for (long i = 0; i < n; i++)
        pull[i] = clamp(law->posture_stiffness[i] * (wanted[i] - arm->q[i])
                        + law->posture_damping[i] * (rate[i] - arm->dq[i]),
                        law->posture_limit[i]);
    memset(share, 0, 6 * sizeof(double));
    if (!law->project) return;
    const double *rows = law->project == 1 ? inertia->back : arm->jacobian;
    for (int k = 0; k < 6; k++)
        for (long i = 0; i < n; i++) share[k] += rows[k * n + i] * pull[i];
    if (law->project == 1) {
        times_inertia(inertia, share);
    } else {
        gram(arm, arm->jacobian, law->ridge, factor);
        factorise(factor, 6);
        solve(factor, 6, share);
    }
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

/* Write the torque (n) Nm into out; target is CartesianTarget.flat. */
void impedance_torque(const Impedance *law, const Arm *arm, const double *target, double *out) {
    double wrench[6], share[6], pull[MAX_JOINTS], push[6];
    Inertia inertia;
    long n = arm->n;
    if (law->project == 1 || law->follow == 2 || law->lead || law->decouple)
        weigh_tcp(arm, law->ridge, law->singularity, law->lever, &inertia);
    task(law, arm, target, &inertia, wrench);
    posture(law, arm, target, &inertia, pull, share);
    for (int k = 0; k < 6; k++) {
        wrench[k] += target[WRENCH + k] - share[k];
        push[k] = target[TWIST + k];
    }
    if (law->lead) times_inertia(&inertia, push);
    for (long i = 0; i < n; i++) {
        double sum = pull[i] + arm_terms(law, arm, i);
        if (law->lead) sum += friction(law, arm, i, inertia.back, push);
        for (int k = 0; k < 6; k++) sum += arm->jacobian[k * n + i] * wrench[k];
        out[i] = sum;
    }
}
