/* Symmetric products with the Jacobian. */
#ifndef VLA_ROS_GRAM_H
#define VLA_ROS_GRAM_H

#include "arm.h"

/* out = J right^T + ridge (6, 6), symmetric by what right (6, n) is. */
static void gram(const Arm *arm, const double *right, double ridge, double *out) {
    long n = arm->n;
    for (int i = 0; i < 6; i++)
        for (int j = 0; j <= i; j++) {
            double sum = i == j ? ridge : 0;
            for (long k = 0; k < n; k++) sum += arm->jacobian[i * n + k] * right[j * n + k];
            out[6 * i + j] = out[6 * j + i] = sum;
        }
}

#endif
