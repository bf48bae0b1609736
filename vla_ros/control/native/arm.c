/* Kinematics and dynamics of a serial chain of revolute joints, all in the base frame.

   Newton-Euler for the velocity torques, composite bodies for gravity and the mass matrix
   (Featherstone, "Rigid Body Dynamics Algorithms", 2008, written in three-vectors). Pinocchio
   gives the constants, and is what the tests hold the results to. */

#include <math.h>
#include <string.h>

#include "arm.h"

typedef double Vector[3];
typedef double Matrix[9];

typedef struct {
    Matrix turn;               /* of the joint frame */
    Vector origin, axis;       /* of the joint */
    Vector centre;             /* of mass */
    Matrix inertia;            /* about the centre */
    Vector spin, spin_rate;    /* angular velocity, and its rate when no joint accelerates */
    Vector origin_rate;        /* acceleration of the origin, likewise */
} Body;

typedef struct {
    double mass;
    Vector moment;  /* sum of mass x centre */
    Matrix inertia; /* about the base's origin */
} Composite;

static void cross(const Vector a, const Vector b, Vector out) {
    double x = a[1] * b[2] - a[2] * b[1], y = a[2] * b[0] - a[0] * b[2];
    out[2] = a[0] * b[1] - a[1] * b[0];
    out[0] = x;
    out[1] = y;
}

static double dot(const Vector a, const Vector b) {
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static void apply(const Matrix m, const Vector v, Vector out) {
    double x = dot(m, v), y = dot(m + 3, v), z = dot(m + 6, v);
    out[0] = x, out[1] = y, out[2] = z;
}

static void multiply(const Matrix a, const Matrix b, Matrix out) {
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            out[3 * i + j] = a[3 * i] * b[j] + a[3 * i + 1] * b[3 + j] + a[3 * i + 2] * b[6 + j];
}

/* Rodrigues. */
static void rotation(const Vector axis, double angle, Matrix out) {
    double c = cos(angle), s = sin(angle), v = 1 - c;
    double x = axis[0], y = axis[1], z = axis[2];
    Matrix m = {
        c + x * x * v, x * y * v - z * s, x * z * v + y * s,
        y * x * v + z * s, c + y * y * v, y * z * v - x * s,
        z * x * v - y * s, z * y * v + x * s, c + z * z * v,
    };
    memcpy(out, m, sizeof m);
}

/* out += the acceleration at `arm` from a point of a body with this spin and spin rate. */
static void swing(const Vector spin, const Vector rate, const Vector arm, Vector out) {
    Vector a, b;
    cross(rate, arm, a);
    cross(spin, arm, b);
    cross(spin, b, b);
    for (int k = 0; k < 3; k++) out[k] += a[k] + b[k];
}

/* R I R^T of a symmetric I given by its upper triangle. */
static void turned(const Matrix r, const double *i, Matrix out) {
    Matrix full = {i[0], i[1], i[2], i[1], i[3], i[4], i[2], i[4], i[5]}, half;
    Matrix back = {r[0], r[3], r[6], r[1], r[4], r[7], r[2], r[5], r[8]};
    multiply(r, full, half);
    multiply(half, back, out);
}

static void place(const Arm *arm, int i, const Body *parent, Body *body) {
    const double *placement = arm->placement + 12 * i, *inertia = arm->inertia + 10 * i;
    Matrix step, turn;
    Vector offset, joint, centre;
    multiply(parent->turn, placement, step);
    rotation(arm->axis + 3 * i, arm->q[i], turn);
    multiply(step, turn, body->turn);
    apply(step, arm->axis + 3 * i, body->axis);
    apply(parent->turn, placement + 9, offset);
    apply(body->turn, inertia + 1, centre);
    turned(body->turn, inertia + 4, body->inertia);
    memcpy(body->origin_rate, parent->origin_rate, sizeof offset);
    swing(parent->spin, parent->spin_rate, offset, body->origin_rate);
    for (int k = 0; k < 3; k++) {
        joint[k] = body->axis[k] * arm->dq[i];
        body->origin[k] = parent->origin[k] + offset[k];
        body->centre[k] = body->origin[k] + centre[k];
        body->spin[k] = parent->spin[k] + joint[k];
    }
    cross(parent->spin, joint, body->spin_rate);
    for (int k = 0; k < 3; k++) body->spin_rate[k] += parent->spin_rate[k];
}

static void tcp(const Arm *arm, const Body *bodies) {
    const Body *last = bodies + arm->n - 1;
    long n = arm->n;
    Vector offset, lever, column;
    apply(last->turn, arm->tool + 9, offset);
    multiply(last->turn, arm->tool, arm->rotation);
    memcpy(arm->drift, last->origin_rate, sizeof offset);
    swing(last->spin, last->spin_rate, offset, arm->drift);
    memset(arm->twist, 0, 6 * sizeof(double));
    for (int k = 0; k < 3; k++) {
        arm->position[k] = last->origin[k] + offset[k];
        arm->drift[3 + k] = last->spin_rate[k];
    }
    for (long i = 0; i < n; i++) {
        for (int k = 0; k < 3; k++) lever[k] = arm->position[k] - bodies[i].origin[k];
        cross(bodies[i].axis, lever, column);
        for (int k = 0; k < 3; k++) {
            arm->jacobian[k * n + i] = column[k];
            arm->jacobian[(3 + k) * n + i] = bodies[i].axis[k];
            arm->twist[k] += column[k] * arm->dq[i];
            arm->twist[3 + k] += bodies[i].axis[k] * arm->dq[i];
        }
    }
}

/* Torques that keep the velocities as they are, without gravity. */
static void velocity_torques(const Arm *arm, const Body *bodies) {
    Vector force = {0}, moment = {0}, far = {0}, rate, inner, lever, term;
    for (long i = arm->n - 1; i >= 0; i--) {
        const Body *body = bodies + i;
        double mass = arm->inertia[10 * i];
        /* The force of the bodies further out, moved to this origin. */
        for (int k = 0; k < 3; k++) lever[k] = far[k] - body->origin[k];
        cross(lever, force, term);
        for (int k = 0; k < 3; k++) moment[k] += term[k], far[k] = body->origin[k];
        for (int k = 0; k < 3; k++) lever[k] = body->centre[k] - body->origin[k];
        memcpy(rate, body->origin_rate, sizeof rate);
        swing(body->spin, body->spin_rate, lever, rate);
        for (int k = 0; k < 3; k++) rate[k] *= mass, force[k] += rate[k];
        cross(lever, rate, term);
        for (int k = 0; k < 3; k++) moment[k] += term[k];
        apply(body->inertia, body->spin_rate, term);
        for (int k = 0; k < 3; k++) moment[k] += term[k];
        apply(body->inertia, body->spin, inner);
        cross(body->spin, inner, term);
        for (int k = 0; k < 3; k++) moment[k] += term[k];
        arm->coriolis[i] = dot(body->axis, moment);
    }
}

static void gather(Composite *sum, const Body *body, double mass) {
    const double *c = body->centre;
    double square = dot(c, c);
    sum->mass += mass;
    for (int i = 0; i < 3; i++) {
        sum->moment[i] += mass * c[i];
        for (int j = 0; j < 3; j++)
            sum->inertia[3 * i + j] +=
                body->inertia[3 * i + j] + mass * ((i == j ? square : 0) - c[i] * c[j]);
    }
}

/* Gravity's torque and the mass matrix, from what hangs on each joint. */
static void composites(const Arm *arm, const Body *bodies) {
    Composite sum = {0};
    Vector lever, linear, angular, term;
    long n = arm->n;
    for (long j = n - 1; j >= 0; j--) {
        const Body *body = bodies + j;
        gather(&sum, body, arm->inertia[10 * j]);
        for (int k = 0; k < 3; k++) lever[k] = sum.moment[k] - sum.mass * body->origin[k];
        cross(lever, arm->gravity, term);
        arm->weight[j] = -dot(body->axis, term);
        /* Momentum of all that moves with joint j at 1 rad/s, about the base's origin. */
        cross(body->axis, lever, linear);
        apply(sum.inertia, body->axis, angular);
        cross(body->axis, body->origin, term);
        cross(sum.moment, term, term);
        for (int k = 0; k < 3; k++) angular[k] -= term[k];
        for (long i = 0; i <= j; i++) {
            cross(bodies[i].origin, linear, term);
            for (int k = 0; k < 3; k++) term[k] = angular[k] - term[k];
            arm->mass[i * n + j] = arm->mass[j * n + i] = dot(bodies[i].axis, term);
        }
        arm->mass[j * n + j] += arm->armature[j];
    }
}

void arm_update(const Arm *arm) {
    Body bodies[MAX_JOINTS], base;
    memset(&base, 0, sizeof base);
    base.turn[0] = base.turn[4] = base.turn[8] = 1;
    for (int i = 0; i < arm->n; i++) place(arm, i, i ? bodies + i - 1 : &base, bodies + i);
    tcp(arm, bodies);
    velocity_torques(arm, bodies);
    composites(arm, bodies);
    for (int i = 0; i < arm->n; i++) arm->bias[i] = arm->coriolis[i] + arm->weight[i];
}
