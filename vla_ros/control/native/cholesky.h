/* Small symmetric positive definite systems, row-major. */
#ifndef VLA_ROS_CHOLESKY_H
#define VLA_ROS_CHOLESKY_H

#include <math.h>

/* Lower Cholesky factor of a symmetric positive definite a (n, n), in place. */
static void factorise(double *a, long n) {
    for (long j = 0; j < n; j++) {
        for (long k = 0; k < j; k++) a[j * n + j] -= a[j * n + k] * a[j * n + k];
        a[j * n + j] = sqrt(a[j * n + j]);
        for (long i = j + 1; i < n; i++) {
            for (long k = 0; k < j; k++) a[i * n + j] -= a[i * n + k] * a[j * n + k];
            a[i * n + j] /= a[j * n + j];
        }
    }
}

static void solve(const double *factor, long n, double *x) {
    for (long i = 0; i < n; i++) {
        for (long k = 0; k < i; k++) x[i] -= factor[i * n + k] * x[k];
        x[i] /= factor[i * n + i];
    }
    for (long i = n - 1; i >= 0; i--) {
        for (long k = i + 1; k < n; k++) x[i] -= factor[k * n + i] * x[k];
        x[i] /= factor[i * n + i];
    }
}

#endif
