"""Rig: one control law on the simulated arm at its control rate, with nothing else around it.

The chunk queue and the pose limits are left out: the target goes straight to the law, so that what
is measured is the law. Torque limits stay, as they are the robot's. A law that makes positions
moves the arm through the robot's own servo, and feels the true wrench of the world at the tcp.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
import functools

import mujoco
import numpy as np

from vla_ros.bench.laws.actuator import PostureLeader, make_actuator
from vla_ros.bench.laws.world import World
from vla_ros.control.laws.law import CartesianTarget, ControlLaw
from vla_ros.core.data import Array
from vla_ros.core.rotations import quat_from_matrix
from vla_ros.robots.model import RobotModel
from vla_ros.robots.spec import ArmSpec
from vla_ros.tabletop.demos.sim_env import SimEnv
from vla_ros.tabletop.language.grammar import COLOURS
from vla_ros.tabletop.world.config import load_sim
from vla_ros.tabletop.world.hardware import SimHardware
from vla_ros.tabletop.world.layout import Layout
from vla_ros.tabletop.world.scene import FURNITURE, ROBOT, Scene


_TIMESTEP = 0.00025  # s
_PROBE = 0.01  # m, radius of the ball that touches


@dataclass(frozen=True)
class Goal:
    """Where the tcp should be, as an offset from the start, base axes."""

    offset: Array  # (3,) m
    velocity: Array = field(default_factory=lambda: np.zeros(3))  # m/s
    acceleration: Array = field(default_factory=lambda: np.zeros(3))  # m/s^2
    force: Array = field(default_factory=lambda: np.zeros(3))  # N, that the tcp is to press with


Motion = Callable[[float], Goal]  # s since the start -> where to be


@dataclass(frozen=True)
class Conditions:
    """What is done to the arm while it follows."""

    start: tuple[float, float, float] = (0.5, 0.0, 0.3)  # m, where the tcp stands at first
    push: tuple[float, float, float] = (0.0, 0.0, 0.0)  # N on the tcp, from `push_from` on
    push_from: float = 0.2  # s
    payload: float = 0.0  # kg in the hand, unknown to the law
    friction: float = 0.0  # Nm of dry friction in every joint, unknown to the law
    jitter: float = 0.0  # s, standard deviation of the time between measurement and torque
    dropped: float = 0.0  # share of the ticks in which no torque is computed


@dataclass(frozen=True)
class Trace:
    """What happened in T ticks."""

    time: Array  # (T,) s
    wanted: Array  # (T, 3) m
    position: Array  # (T, 3) m
    force: Array  # (T,) N, of all contacts with the table, upwards, the greatest within a tick
    torque: Array  # (T, n) Nm
    spent: Array  # (M,) s of processor time in the law, for the ticks that were computed

    @property
    def error(self) -> Array:
        """Distance between wanted and real, (T,) m."""
        result: Array = np.linalg.norm(self.position - self.wanted, axis=1)
        return result


class Rig:
    """A simulated arm in an empty scene."""

    def __init__(self, spec: ArmSpec) -> None:
        """Build the scene of a robot."""
        self.spec = spec
        sim = load_sim(spec.sim)
        # Finer than a tick, for torques that come late.
        sim = replace(sim, physics=replace(sim.physics, timestep=_TIMESTEP))
        self.env = SimEnv(spec, scene=Scene(spec, sim, functools.partial(_probe, spec)))
        self._layout = Layout(np.full((len(COLOURS), 3), np.nan), np.array([0.7, 0.35]),
                              np.array([0.7, -0.35]))  # fmt: skip
        self._hardware = SimHardware(self.env.scene, self._layout)
        model = self.env.scene.model
        self._tcp = self.env.scene.arms[0].tcp
        self._world = World(self._hardware)
        self._masses, self._losses = model.body_mass.copy(), model.dof_frictionloss.copy()

    def run(
        self, law: ControlLaw, motion: Motion, seconds: float, conditions: Conditions | None = None
    ) -> Trace:
        """Let `law` follow `motion` for so long."""
        at = conditions or Conditions()
        spec, dt = self.spec, 1 / self.spec.control_rate
        count, rng = round(seconds / dt), np.random.default_rng(0)
        substeps = round(dt / self.env.scene.model.opt.timestep)
        start = self._prepare(at)
        model, target = RobotModel(spec), CartesianTarget(start)
        self._measure(model)
        origin, turn = model.position.copy(), quat_from_matrix(model.rotation)
        target.set(tuple(origin), tuple(turn))
        law.reset(model, target)
        actuator = make_actuator(law, model, self._hardware)
        leader = PostureLeader(spec, start)
        wanted, position = np.zeros((2, count, 3))
        force, torques = np.zeros(count), np.zeros((count, spec.n))
        late = self._delays(at, count, substeps, rng)
        for k in range(count):
            goal = motion(k * dt)
            twist, rate = (*goal.velocity, 0, 0, 0), (*goal.acceleration, 0, 0, 0)
            target.set(tuple(origin + goal.offset), tuple(turn), twist, rate)
            target.wrench[:3] = goal.force
            if law.tracks == 'joints':
                leader.lead(target)
            self._measure(model)
            wanted[k], position[k] = target.position, model.position
            self._push(at, k * dt)
            force[k] = self._advance(late[k])
            if rng.random() >= at.dropped:
                actuator.tick(model, target)
            force[k] = max(force[k], self._advance(substeps - late[k]))
            torques[k] = self._hardware.data.ctrl[self.env.scene.arm_u]
        time = np.linspace(0.0, (count - 1) * dt, count)
        return Trace(time, wanted, position, force, torques, np.array(actuator.spent))

    def _advance(self, steps: int) -> float:
        """Step the physics; return the greatest force on the table in these steps, N."""
        greatest = 0.0
        for _ in range(steps):
            self._hardware.step()
            greatest = max(greatest, self._world.table())
        return greatest

    def _measure(self, model: RobotModel) -> None:
        """Update the model from what joints and an ideal force sensor measure."""
        sample = self._hardware.read()
        model.update(sample.position, sample.velocity)
        self._world.wrench(model.external_wrench)

    def _prepare(self, at: Conditions) -> Array:
        """Put the arm to the start, at rest; return its joints (n,) rad."""
        scene, model = self.env.scene, self.env.scene.model
        hand = model.body_parentid[self._tcp]
        model.body_mass[:] = self._masses
        model.body_mass[hand] += at.payload
        self._world.payload = at.payload
        model.dof_frictionloss[:] = self._losses
        model.dof_frictionloss[scene.arm_v] += at.friction
        mujoco.mj_setConst(model, mujoco.MjData(model))
        q = self.env.reach(np.array(at.start))
        self._hardware.reset(self._layout, q, 0.0)
        self._hardware.data.xfrc_applied[:] = 0.0
        mujoco.mj_forward(model, self._hardware.data)
        self._hardware.write(self._hardware.data.qfrc_bias[scene.arm_v], 0.0)
        return q

    def _delays(
        self, at: Conditions, count: int, substeps: int, rng: np.random.Generator
    ) -> list[int]:
        """Return for each tick how many physics steps pass between measurement and torque."""
        step = self.env.scene.model.opt.timestep
        drawn = np.abs(rng.normal(0.0, at.jitter, count)) / step
        late: list[int] = np.minimum(np.round(drawn), substeps).astype(int).tolist()
        return late

    def _push(self, at: Conditions, now: float) -> None:
        if now >= at.push_from and any(at.push):
            data, tcp = self._hardware.data, self._tcp
            data.xfrc_applied[tcp, :3] = at.push
            # MuJoCo applies it at the body's centre of mass, which is not where the tcp is.
            data.xfrc_applied[tcp, 3:] = np.cross(data.xpos[tcp] - data.xipos[tcp], at.push)


def _probe(spec: ArmSpec, world: mujoco.MjSpec) -> None:
    """Let a ball at the tcp touch things, in place of the hand and its fingers.

    Its tip is the tcp, whose z axis points out of the hand. Flat pads meet a table with one corner
    or with all at once, by a milliradian of tilt: a law that holds the hand less straight would
    have the smaller peak.
    """
    tcp = world.body(spec.ee_frame)
    finger = world.joint(spec.gripper.joints[0]).parent
    pad = next(geom for geom in finger.geoms if geom.contype)
    for geom in world.geoms:
        if geom.contype == ROBOT:
            geom.contype = geom.conaffinity = 0
    tcp.add_geom(
        name='probe', type=mujoco.mjtGeom.mjGEOM_SPHERE, size=[_PROBE, 0, 0],
        pos=[0, 0, -_PROBE], mass=0.0, contype=ROBOT, conaffinity=FURNITURE,
        condim=4, friction=pad.friction, solref=pad.solref, priority=1, group=3,
    )  # fmt: skip
