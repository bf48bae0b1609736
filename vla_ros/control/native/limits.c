/* The last limits on the torque: what Limiter.torque in control/limits.py computes. */

#include <math.h>

#include "arm.h"

typedef struct {
    const double *lower, *upper;    /* (n) rad, less the margin */
    const double *velocity;         /* (n) rad/s, where the torque brakes */
    const double *twice;            /* (n) rad/s^2, twice the deceleration of the envelope */
    const double *gain;             /* (n) Nms/rad */
    const double *slow;             /* (n) rad/s, where the commanded pose brakes */
    const double *peak, *step;      /* (n) Nm, Nm per tick */
    double *sent;                   /* (n) Nm, the last torque sent */
} Limits;

static double allowed(double gap, double twice, double velocity) {
    double speed = sqrt(twice * fabs(gap));
    if (speed > velocity) speed = velocity;
    return gap > 0 ? speed : -speed;
}

/* The torque beside the bias that may be sent instead of `torque`. */
static double defend(const Limits *l, int i, double q, double dq, double torque) {
    double high = allowed(l->upper[i] - q, l->twice[i], l->velocity[i]);
    double low = -allowed(q - l->lower[i], l->twice[i], l->velocity[i]);
    if (dq > high) {
        double goal = high > -l->velocity[i] ? high : -l->velocity[i];
        return (torque < 0 ? torque : 0) + l->gain[i] * (goal - dq);
    }
    if (dq < low) {
        double goal = low < l->velocity[i] ? low : l->velocity[i];
        return (torque > 0 ? torque : 0) + l->gain[i] * (goal - dq);
    }
    return torque;
}

/* Write what may be sent of `wanted` (n) Nm into out and limits->sent. Returns -1 and writes
   nothing when a number is not finite, 1 when a joint is too fast for the pose to go on, else 0. */
int limits_torque(const Limits *limits, const Arm *arm, const double *wanted, double *out) {
    int hurried = 0;
    double sum = 0;
    for (int i = 0; i < arm->n; i++) sum += wanted[i] + arm->q[i] + arm->dq[i] + arm->bias[i];
    if (!isfinite(sum)) return -1;
    for (int i = 0; i < arm->n; i++) {
        double q = arm->q[i], dq = arm->dq[i], bias = arm->bias[i];
        double torque = bias + defend(limits, i, q, dq, wanted[i] - bias);
        double low = limits->sent[i] - limits->step[i], high = limits->sent[i] + limits->step[i];
        if (fabs(dq) > limits->slow[i]) hurried = 1;
        if (low < -limits->peak[i]) low = -limits->peak[i];
        if (high > limits->peak[i]) high = limits->peak[i];
        limits->sent[i] = out[i] = torque < low ? low : torque > high ? high : torque;
    }
    return hurried;
}
