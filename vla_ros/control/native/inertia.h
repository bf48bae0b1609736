/* What the arm weighs at the tcp: what laws/task_inertia.py computes. */
#ifndef VLA_ROS_INERTIA_H
#define VLA_ROS_INERTIA_H

#include <complex.h>
#include <math.h>
#include <string.h>

#include "arm.h"
#include "cholesky.h"
#include "gram.h"

typedef struct {
    double back[6 * MAX_JOINTS];   /* M^-1 J^T by rows of its transpose (6, n) */
    double factor[36];             /* of the mobility A + ridge, where it is not damped */
    double complex shifted[2][36]; /* where it is, factors of W A W -+ c (1 + i) */
    double weight[6];              /* W */
    int damped;
} Inertia;

/* a = L D L^T of a complex symmetric a (6, 6), in place: L below the diagonal, D on it. Where the
   imaginary part of a is definite, as here, so is that of D: no pivot vanishes. */
static void split(double complex *a) {
    for (int j = 0; j < 6; j++) {
        for (int k = 0; k < j; k++) a[7 * j] -= a[6 * j + k] * a[6 * j + k] * a[7 * k];
        for (int i = j + 1; i < 6; i++) {
            for (int k = 0; k < j; k++) a[6 * i + j] -= a[6 * i + k] * a[6 * j + k] * a[7 * k];
            a[6 * i + j] /= a[7 * j];
        }
    }
}

/* The real part of a^-1 x, for real x (6), added to out. */
static void add_solution(const double complex *a, const double *x, double *out) {
    double complex y[6];
    for (int i = 0; i < 6; i++) {
        y[i] = x[i];
        for (int k = 0; k < i; k++) y[i] -= a[6 * i + k] * y[k];
    }
    for (int i = 5; i >= 0; i--) {
        y[i] /= a[7 * i];
        for (int k = i + 1; k < 6; k++) y[i] -= a[6 * k + i] * y[k];
        out[i] += creal(y[i]);
    }
}

/* Prepare f(B) for the mobility A (6, 6), B = W A W. The four roots of a^4 + e^4 are +-c (1 +- i),
   c = e / sqrt(2), and in partial fractions

       f(a) = a^3 / (a^4 + e^4) = Re(1 / (a - c (1 + i)) + 1 / (a + c (1 + i))) / 2.

   So B is never multiplied by itself, which would cost half of the digits near singularities. */
static void damp(const double *mobility, double damping, Inertia *inertia) {
    double complex shift = sqrt(0.5) * damping * (1 + I);
    for (int i = 0; i < 6; i++)
        for (int j = 0; j < 6; j++) {
            double b = inertia->weight[i] * mobility[6 * i + j] * inertia->weight[j];
            inertia->shifted[0][6 * i + j] = b - (i == j ? shift : 0);
            inertia->shifted[1][6 * i + j] = b + (i == j ? shift : 0);
        }
    split(inertia->shifted[0]);
    split(inertia->shifted[1]);
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
    inertia->damped = damping > 0;
    gram(arm, inertia->back, inertia->damped ? 0 : ridge, inertia->factor);
    if (inertia->damped)
        damp(inertia->factor, damping, inertia);
    else
        factorise(inertia->factor, 6);
}

/* x = L x: of an acceleration (6) of the tcp, the wrench that makes it. */
static void times_inertia(const Inertia *inertia, double *x) {
    double sum[6] = {0};
    if (!inertia->damped) {
        solve(inertia->factor, 6, x);
        return;
    }
    for (int i = 0; i < 6; i++) x[i] *= inertia->weight[i];
    add_solution(inertia->shifted[0], x, sum);
    add_solution(inertia->shifted[1], x, sum);
    for (int i = 0; i < 6; i++) x[i] = 0.5 * inertia->weight[i] * sum[i];
}

#endif
