/* Inverse kinematics: what laws/inverse_kinematics.py computes. */

#include <math.h>
#include <string.h>

#include "arm.h"
#include "cholesky.h"
#include "kinematics.h"
#include "target.h"
#include "turn.h"

static double least_ridge(const Kinematics *k) {
    double part = *k->sigma / k->singular;
    return part < 1 ? k->damping * k->damping * (1 - part * part) + k->ridge : k->ridge;
}

/* The step with J W and W z as they are. */
static void resolve(const Kinematics *k, const Arm *arm, double ridge, const double *move,
                    const double *posture) {
    double along[6];
    long n = arm->n;
    for (int i = 0; i < 6; i++) {
        for (int j = 0; j < 6; j++) {
            double sum = i == j ? ridge : 0;
            for (long m = 0; m < n; m++) sum += k->weighted[i * n + m] * arm->jacobian[j * n + m];
            k->factor[6 * i + j] = sum;
        }
        along[i] = move[i];
        for (long m = 0; m < n; m++) along[i] -= arm->jacobian[i * n + m] * posture[m];
    }
    factorise(k->factor, 6);
    solve(k->factor, 6, along);
    for (long m = 0; m < n; m++) {
        k->step[m] = posture[m];
        for (int i = 0; i < 6; i++) k->step[m] += k->weighted[i * n + m] * along[i];
    }
}

static void follow_weakest(const Kinematics *k, double ridge) {
    double square = 0, gain;
    solve(k->factor, 6, k->weak);
    for (int i = 0; i < 6; i++) square += k->weak[i] * k->weak[i];
    gain = sqrt(square);
    for (int i = 0; i < 6; i++) k->weak[i] /= gain;
    *k->sigma = sqrt(fmax(1 / gain - ridge, 0));
}

/* Multiply J and z by W; return the least weight, 1 where nothing was done. */
static double weigh(const Kinematics *k, const Arm *arm, double *posture) {
    double weights[MAX_JOINTS], least = 1;
    long n = arm->n;
    for (long i = 0; i < n; i++) {
        double gap = k->step[i] < 0 ? k->q[i] - k->low[i] : k->high[i] - k->q[i];
        weights[i] = fmin(fmax(gap * k->per_range, 0), 1);
        if (weights[i] < least) least = weights[i];
    }
    if (least == 1) return 1;
    for (long i = 0; i < n; i++) {
        posture[i] *= weights[i];
        for (int j = 0; j < 6; j++) k->weighted[j * n + i] *= weights[i];
    }
    return least;
}

static void wish(const Kinematics *k, const Arm *arm, const double *target, double *move,
                 double *posture) {
    double error[6];
    const double *wanted = target + POSTURE;
    for (int i = 0; i < 3; i++) error[i] = target[POSITION + i] - arm->position[i];
    turn_between(target + ROTATION, arm->rotation, error + 3);
    for (int i = 0; i < 6; i++) {
        double along = target[TWIST + i] * k->dt;
        move[i] = along + k->share * clamp(error[i] - along, k->clip[i]);
    }
    for (long i = 0; i < arm->n; i++)
        posture[i] = clamp(k->pull * (wanted[i] - k->q[i]), k->pull_most);
}

void kinematics_step(const Kinematics *k, const Arm *arm, const double *target,
                     const double *sent) {
    double move[6], posture[MAX_JOINTS], ridge = least_ridge(k), least, sum = 0, fastest = 1;
    long n = arm->n;
    for (long i = 0; i < n; i++) {
        arm->q[i] = k->q[i] = sent[i] + clamp(k->q[i] - sent[i], k->lead);
        arm->dq[i] = 0;
    }
    arm_update(arm);
    wish(k, arm, target, move, posture);
    memcpy(k->weighted, arm->jacobian, 6 * n * sizeof(double));
    resolve(k, arm, ridge, move, posture);
    follow_weakest(k, ridge);
    least = weigh(k, arm, posture);
    if (least < 1) {
        double most = k->damping * (1 - least);
        resolve(k, arm, ridge + most * most, move, posture);
    }
    for (long i = 0; i < n; i++) {
        sum += k->step[i];
        fastest = fmax(fastest, fabs(k->step[i]) / k->longest[i]);
    }
    if (!isfinite(sum)) return;
    for (long i = 0; i < n; i++)
        k->q[i] = fmin(fmax(k->q[i] + k->step[i] / fastest, k->low[i]), k->high[i]);
}

double kinematics_feasible(const Kinematics *k, const Arm *arm, const double *change) {
    double along[6], most = 1;
    long n = arm->n;
    memcpy(along, change, sizeof along);
    solve(k->factor, 6, along);
    for (long i = 0; i < n; i++) {
        double asked = 0;
        for (int j = 0; j < 6; j++) asked += k->weighted[j * n + i] * along[j];
        most = fmax(most, fabs(asked) / k->quickest[i]);
    }
    return 1 / most;
}
