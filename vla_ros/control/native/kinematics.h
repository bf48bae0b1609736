/* What kinematics.c keeps and offers: one tick of inverse kinematics. */
#ifndef VLA_ROS_KINEMATICS_H
#define VLA_ROS_KINEMATICS_H

#include "arm.h"

typedef struct {
    const double *low, *high;         /* (n) rad */
    const double *longest, *quickest; /* (n) rad a tick, rad/s a tick */
    const double *clip;               /* (6) m and rad, of the error */
    double *q, *step;                 /* (n) rad */
    double *weak, *sigma;             /* (6) direction in which the tcp moves least, (1) */
    double *factor;                   /* (6, 6) of J W J^T + l^2 I */
    double *weighted;                 /* (6, n) J W */
    double dt, share, pull, pull_most, lead, singular, damping, per_range, ridge;
} Kinematics;

/* Move k->q a tick on towards target, a CartesianTarget.flat, from `sent` (n) rad. */
void kinematics_step(const Kinematics *k, const Arm *arm, const double *target,
                     const double *sent);

/* The share of a change of the tcp's twist (6) that a tick can make. */
double kinematics_feasible(const Kinematics *k, const Arm *arm, const double *change);

#endif
