/* Cartesian admittance: what laws/cartesian_admittance.py computes. */

#include <math.h>
#include <string.h>

#include "arm.h"
#include "kinematics.h"
#include "target.h"
#include "turn.h"

typedef struct {
    const double *gain;   /* (6, 18): of v, x and F, the new v */
    const double *most;   /* (6) m and rad, of x */
    double *state;        /* (18): v, x and F, base axes */
    double *pose;         /* the target displaced by x, a CartesianTarget.flat */
    double dt;            /* s */
    double force, torque; /* N and Nm, not felt */
    long tool;            /* axes of the gain */
} Admittance;

/* out = w, less what is too small to be meant: none within the band, all from twice it on. */
static void feel(const double *w, double band, double *out) {
    double square = w[0] * w[0] + w[1] * w[1] + w[2] * w[2], size = sqrt(square), share = 0;
    if (square >= 4 * band * band)
        share = 1;
    else if (size > band)
        share = 2 * (size - band) / size;
    for (int i = 0; i < 3; i++) out[i] = share * w[i];
}

/* The velocity that the gain makes of the state, base axes. */
static void respond(const Admittance *law, double *speed) {
    double state[18];
    const double *turn = law->pose + ROTATION;
    memcpy(state, law->state, sizeof state);
    for (int i = 0; i < 18 && law->tool; i += 6) rotate(turn, state + i, 0);
    for (int i = 0; i < 6; i++) {
        speed[i] = 0;
        for (int j = 0; j < 18; j++) speed[i] += law->gain[18 * i + j] * state[j];
    }
    if (law->tool) rotate(turn, speed, 1);
}

/* Move v and x one tick on; moved (6) is the change of x. */
static void integrate(const Admittance *law, const Kinematics *k, const Arm *arm, double *moved) {
    double next[6], change[6], sum = 0, *speed = law->state, *away = law->state + 6;
    respond(law, next);
    for (int i = 0; i < 6; i++) change[i] = next[i] - speed[i];
    double share = kinematics_feasible(k, arm, change);
    for (int i = 0; i < 6; i++) {
        next[i] = speed[i] + share * change[i];
        sum += next[i];
    }
    for (int i = 0; i < 6; i++) {
        double goal, reached = isfinite(sum) ? next[i] : 0;
        goal = clamp(away[i] + 0.5 * law->dt * (speed[i] + reached), law->most[i]);
        moved[i] = goal - away[i];
        away[i] = goal;
        speed[i] = reached;
    }
}

/* out = exp(r) q, unit quaternions xyzw. */
static void turn_by(const double *r, const double *q, double *out) {
    double angle = sqrt(r[0] * r[0] + r[1] * r[1] + r[2] * r[2]);
    double k = angle < 1e-7 ? 0.5 : sin(angle / 2) / angle;
    double a = k * r[0], b = k * r[1], c = k * r[2], d = cos(angle / 2);
    out[0] = d * q[0] + a * q[3] + b * q[2] - c * q[1];
    out[1] = d * q[1] - a * q[2] + b * q[3] + c * q[0];
    out[2] = d * q[2] + a * q[1] - b * q[0] + c * q[3];
    out[3] = d * q[3] - a * q[0] - b * q[1] - c * q[2];
}

/* The target displaced by x, which has moved by that much in this tick. */
static void displace(const Admittance *law, long n, const double *target, const double *moved) {
    double *pose = law->pose;
    const double *away = law->state + 6;
    for (int i = 0; i < 3; i++) pose[POSITION + i] = target[POSITION + i] + away[i];
    turn_by(away + 3, target + QUATERNION, pose + QUATERNION);
    matrix_of(pose + QUATERNION, pose + ROTATION);
    for (int i = 0; i < 6; i++) pose[TWIST + i] = moved[i] / law->dt + target[TWIST + i];
    memset(pose + ACCELERATION, 0, 6 * sizeof(double));
    memcpy(pose + POSTURE, target + POSTURE, n * sizeof(double));
}

/* Write the joint positions (n) rad into out; wrench (6) N and Nm is what the world exerts. */
void admittance_motion(const Admittance *law, const Kinematics *k, const Arm *arm,
                       const double *wrench, const double *target, const double *sent,
                       double *out) {
    double moved[6], *force = law->state + 12;
    feel(wrench, law->force, force);
    feel(wrench + 3, law->torque, force + 3);
    for (int i = 0; i < 6; i++) force[i] += target[WRENCH + i];
    integrate(law, k, arm, moved);
    displace(law, arm->n, target, moved);
    kinematics_step(k, arm, law->pose, sent);
    memcpy(out, k->q, arm->n * sizeof(double));
}
