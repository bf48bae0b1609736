/* What the world does to the arm: what control/observer.py computes. */

#include <math.h>
#include <string.h>

#include "arm.h"
#include "cholesky.h"
#include "gram.h"

typedef struct {
    const double *damping, *friction;  /* (n) Nms/rad, Nm */
    double *mass, *dq, *bias;          /* (n, n), (n), (n): of the last update */
    double *torque;                    /* (n) Nm, the estimate */
    double share, rate;                /* of the way an update goes; 1/s, updates */
    double slip;                       /* rad/s */
    double ridge;                      /* m^2 and rad^2 */
    long begun, wrench;                /* flags */
} Observer;

/* The wrench (6) N and Nm on the tcp, base axes: (J J^T + ridge)^-1 J torque. */
static void tcp_wrench(const Observer *observer, const Arm *arm, double *out) {
    double factor[36];
    long n = arm->n;
    gram(arm, arm->jacobian, observer->ridge, factor);
    for (int i = 0; i < 6; i++) {
        out[i] = 0;
        for (long k = 0; k < n; k++) out[i] += arm->jacobian[i * n + k] * observer->torque[k];
    }
    factorise(factor, 6);
    solve(factor, 6, out);
}

/* Write the estimates, torque (n) Nm and wrench (6) N and Nm, after `sent` (n) Nm has acted. */
void observer_update(Observer *observer, const Arm *arm, const double *sent, double *torque,
                     double *wrench) {
    long n = arm->n;
    double sum = 0, next[MAX_JOINTS];
    for (long i = 0; i < n && observer->begun; i++) {
        double speed = arm->dq[i] + observer->dq[i], step = arm->bias[i] + observer->bias[i];
        for (long k = 0; k < n; k++)
            step += (arm->mass[i * n + k] + observer->mass[i * n + k])
                    * (arm->dq[k] - observer->dq[k]) * observer->rate;
        step += observer->damping[i] * speed
                + 2 * observer->friction[i] * tanh(0.5 * speed / observer->slip);
        next[i] = observer->torque[i]
                  + observer->share * (0.5 * step - sent[i] - observer->torque[i]);
        sum += next[i];
    }
    for (long i = 0; i < n && observer->begun; i++)
        observer->torque[i] = isfinite(sum) ? next[i] : 0;
    observer->begun = 1;
    memcpy(observer->mass, arm->mass, n * n * sizeof(double));
    memcpy(observer->dq, arm->dq, n * sizeof(double));
    memcpy(observer->bias, arm->bias, n * sizeof(double));
    memcpy(torque, observer->torque, n * sizeof(double));
    if (observer->wrench) tcp_wrench(observer, arm, wrench);
}
