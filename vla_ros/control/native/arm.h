/* What arm.c computes and the laws read. Matrices are row-major, SI units. */
#ifndef VLA_ROS_ARM_H
#define VLA_ROS_ARM_H

#define MAX_JOINTS 16

typedef struct {
    long n;
    const double *placement; /* (n, 12): rotation, then translation, of joint i in its parent */
    const double *axis;      /* (n, 3): of rotation, joint frame */
    const double *inertia;   /* (n, 10): mass, centre (3), xx xy xz yy yz zz about the centre */
    const double *armature;  /* (n) kg m^2 */
    const double *tool;      /* (12): tcp in the last joint's frame */
    const double *gravity;   /* (3) m/s^2 */
    /* written by arm_update */
    double *q, *dq;     /* (n) rad, rad/s: set by the caller */
    double *position;   /* (3) m */
    double *rotation;   /* (3, 3) */
    double *jacobian;   /* (6, n) */
    double *twist;      /* (6) */
    double *drift;      /* (6) */
    double *mass;       /* (n, n) */
    double *weight;     /* (n) Nm, carries gravity */
    double *coriolis;   /* (n) Nm */
    double *bias;       /* (n) Nm, their sum */
} Arm;

/* Compute everything at arm->q and arm->dq. */
void arm_update(const Arm *arm);

#endif
