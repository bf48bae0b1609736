/* What the arm weighs at the tcp: what laws/task_inertia.py computes. */
#ifndef VLA_ROS_INERTIA_H
#define VLA_ROS_INERTIA_H

#include <math.h>
#include <string.h>

#include "arm.h"
#include "cholesky.h"
#include "gram.h"

typedef struct {
    double back[6 * MAX_JOINTS]; /* M^-1 J^T by rows of its transpose (6, n) */
    double factor[2][36];        /* of the mobility A + ridge; or, damped, of B^2 -+ s B + e^2 */
    double mobility[36];         /* B = W A W */
    double weight[6], shift;     /* W and s / 2 = e / sqrt(2); 0: not damped */
} Inertia;

/* Factorise the two denominators of f(a) = a^3 / (a^4 + e^4) in partial fractions,

       2 f(a) = (a - s/2) / (a^2 - s a + e^2) + (a + s/2) / (a^2 + s a + e^2),  s = sqrt(2) e.

   They are positive definite whatever B is, and no fourth powers cost digits. */
static void factorise_damped(Inertia *inertia, double damping) {
    double *b = inertia->mobility;
    for (int i = 0; i < 6; i++)
        for (int j = 0; j < 6; j++) b[6 * i + j] *= inertia->weight[i] * inertia->weight[j];
    inertia->shift = sqrt(0.5) * damping;
    for (int i = 0; i < 6; i++)
        for (int j = 0; j <= i; j++) {
            double square = i == j ? damping * damping : 0;
            double middle = 2 * inertia->shift * b[6 * i + j];
            for (int k = 0; k < 6; k++) square += b[6 * i + k] * b[6 * j + k];
            inertia->factor[0][6 * i + j] = inertia->factor[0][6 * j + i] = square - middle;
            inertia->factor[1][6 * i + j] = inertia->factor[1][6 * j + i] = square + middle;
        }
    factorise(inertia->factor[0], 6);
    factorise(inertia->factor[1], 6);
}

/* L = (A + ridge)^-1 for damping 0, or L = W f(W A W) W with W = diag(1, 1, 1, lever, ...). */
static void weigh_tcp(const Arm *arm, double ridge, double damping, double lever,
                      Inertia *inertia) {
    double mass[MAX_JOINTS * MAX_JOINTS];
    long n = arm->n;
    memcpy(mass, arm->mass, n * n * sizeof(double));
    factorise(mass, n);
    memcpy(inertia->back, arm->jacobian, 6 * n * sizeof(double));
    for (int i = 0; i < 6; i++) solve(mass, n, inertia->back + i * n);
    for (int i = 0; i < 6; i++) inertia->weight[i] = i < 3 ? 1 : lever;
    inertia->shift = 0;
    if (damping > 0) {
        gram(arm, inertia->back, 0, inertia->mobility);
        factorise_damped(inertia, damping);
    } else {
        gram(arm, inertia->back, ridge, inertia->factor[0]);
        factorise(inertia->factor[0], 6);
    }
}

/* x = L x: of an acceleration (6) of the tcp, the wrench that makes it. */
static void times_inertia(const Inertia *inertia, double *x) {
    double part[2][6];
    if (!inertia->shift) {
        solve(inertia->factor[0], 6, x);
        return;
    }
    for (int i = 0; i < 6; i++) x[i] *= inertia->weight[i];
    for (int i = 0; i < 6; i++) {
        double sum = 0;
        for (int k = 0; k < 6; k++) sum += inertia->mobility[6 * i + k] * x[k];
        part[0][i] = sum - inertia->shift * x[i];
        part[1][i] = sum + inertia->shift * x[i];
    }
    solve(inertia->factor[0], 6, part[0]);
    solve(inertia->factor[1], 6, part[1]);
    for (int i = 0; i < 6; i++) x[i] = 0.5 * inertia->weight[i] * (part[0][i] + part[1][i]);
}

#endif
