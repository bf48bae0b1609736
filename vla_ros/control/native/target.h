/* Where CartesianTarget.flat of laws/base.py has what; base axes, SI units. */
#ifndef VLA_ROS_TARGET_H
#define VLA_ROS_TARGET_H

enum {
    POSITION = 0,      /* (3) */
    QUATERNION = 3,    /* (4) xyzw */
    ROTATION = 7,      /* (3, 3) */
    TWIST = 16,        /* (6) */
    ACCELERATION = 22, /* (6) */
    WRENCH = 28,       /* (6) */
    POSTURE = 34       /* (n), then its rate (n) */
};

#endif
