"""RobotModel: kinematics and dynamics of a ArmSpec, for the control tick."""

import numpy as np
import pinocchio as pin

from vla_ros.core.data import Array
from vla_ros.robots.spec import ArmSpec


class RobotModel:
    """Pinocchio model of the arm joints, with the gripper held half open.

    `update(q, dq)` computes everything once; the attributes are then read by the control law. They
    are arrays that the next update overwrites: copy what must be kept. Vectors of n entries are in
    the spec's joint order; everything Cartesian is of the tcp, in the base frame.

    Attributes:
        q: (n,) rad. dq: (n,) rad/s.
        position: (3,) m.
        rotation: (3, 3), columns are the tcp axes.
        jacobian: (6, n), LOCAL_WORLD_ALIGNED: linear rows above angular rows, base axes.
        twist: (6,) m/s and rad/s, `jacobian @ dq`.
        drift: (6,) m/s^2 and rad/s^2, J' dq: how the tcp accelerates when no joint does.
        mass: (n, n) kg m^2, M(q) with the motors' armature, symmetric.
        gravity: (n,) Nm. coriolis: (n,) Nm, C(q, dq) dq. bias: (n,) Nm, their sum.
        external_torque: (n,) Nm that the world exerts on the joints, external_wrench: (6,) N and
            Nm that it exerts on the tcp, base axes. Not computed here: written by whoever senses
            them, zero if no one does.
        free_fall: (3,) m/s^2, base axes, constant.
    """

    def __init__(self, spec: ArmSpec) -> None:
        """Load the URDF and lock every joint that is not one of the spec's.

        Raises:
            ValueError: the URDF lacks a joint or frame, has them in another order, or one of the
                joints is before the base frame.
        """
        self.spec = spec
        self._model = _reduced_model(spec)
        self._model.armature[:] = spec.joint_array('armature')
        mounted = pin.Quaternion(np.array(spec.base.quaternion)).matrix()
        self._model.gravity.linear = mounted.T @ self._model.gravity.linear
        _rebase(self._model, spec.base_frame)
        self._data = self._model.createData()
        self.free_fall: Array = np.array(self._model.gravity.linear)
        self._frame = frame_id(self._model, spec.ee_frame)
        self.q = np.zeros(spec.n)
        self.dq = np.zeros(spec.n)
        self.twist = np.zeros(6)
        self.drift: Array = np.zeros(6)
        self._still = np.zeros(spec.n)
        self.external_torque, self.external_wrench = np.zeros(spec.n), np.zeros(6)
        self.coriolis = np.zeros(spec.n)
        # These are views of Pinocchio's own memory: refreshed by every update at no cost.
        placement = self._data.oMf[self._frame]
        self.position: Array = placement.translation
        self.rotation: Array = placement.rotation
        self.gravity: Array = self._data.g
        self.bias: Array = self._data.nle
        self.mass: Array = self._data.M
        self.jacobian: Array = np.zeros((6, spec.n))
        self.update(spec.home, np.zeros(spec.n))

    def update(self, q: Array, dq: Array) -> None:
        """Compute every attribute at joint positions q (n,) rad and velocities dq (n,) rad/s."""
        self.q[:] = q
        self.dq[:] = dq
        pin.forwardKinematics(self._model, self._data, self.q, self.dq, self._still)
        self.drift = pin.getFrameClassicalAcceleration(
            self._model, self._data, self._frame, pin.LOCAL_WORLD_ALIGNED
        ).vector
        pin.computeAllTerms(self._model, self._data, self.q, self.dq)
        pin.updateFramePlacement(self._model, self._data, self._frame)
        self.jacobian = pin.getFrameJacobian(
            self._model, self._data, self._frame, pin.LOCAL_WORLD_ALIGNED
        )
        np.matmul(self.jacobian, self.dq, out=self.twist)
        np.subtract(self.bias, self.gravity, out=self.coriolis)

    def tool_frame(self, name: str) -> tuple[Array, Array]:
        """Return where a frame is that moves with the tcp: its axes (3, 3) and origin (3,) m.

        Both in the tcp's frame; the axes are the columns.

        Raises:
            ValueError: no such frame, or there is a joint between it and the tcp.
        """
        tcp, frame = (self._model.frames[i] for i in (self._frame, frame_id(self._model, name)))
        if frame.parentJoint != tcp.parentJoint:
            raise ValueError(f'frame {name!r} does not move with {self.spec.ee_frame!r}')
        placement = tcp.placement.actInv(frame.placement)
        return placement.rotation, placement.translation


def _reduced_model(spec: ArmSpec) -> pin.Model:
    full = pin.buildModelFromUrdf(str(spec.urdf_path))
    reduced = pin.buildReducedModel(full, *locked_joints(full, spec))
    order = tuple(reduced.names)[1:]
    if order != spec.joint_names:
        raise ValueError(f'joints: expected the order of the URDF, {list(order)}')
    return reduced


def _rebase(model: pin.Model, name: str) -> None:
    """Make a frame that no joint moves the origin and the axes of everything.

    Raises:
        ValueError: one of the joints moves it.
    """
    base = model.frames[frame_id(model, name)]
    if base.parentJoint != 0:
        before = model.names[base.parentJoint]
        raise ValueError(f'base_frame: {name!r} is moved by {before!r}, one of the joints')
    away = base.placement.inverse()
    model.gravity.linear = away.rotation @ model.gravity.linear
    for i in range(1, model.njoints):
        if model.parents[i] == 0:
            model.jointPlacements[i] = away * model.jointPlacements[i]
    for frame in model.frames:
        if frame.parentJoint == 0:
            frame.placement = away * frame.placement


def locked_joints(full: pin.Model, spec: ArmSpec) -> tuple[list[int], Array]:
    """Return the joints of the URDF that are none of the arm's, and positions that lock them.

    Raises:
        ValueError: the URDF lacks one of the spec's joints.
    """
    known = list(full.names)[1:]
    for name in spec.joint_names + spec.gripper.joints:
        if name not in known:
            raise ValueError(f'{spec.urdf}: joint {name!r} is not one of {known}')
    q: Array = pin.neutral(full)
    for name in spec.gripper.joints:
        # Each finger moves half of the opening; half open is a quarter of it.
        q[full.joints[full.getJointId(name)].idx_q] = (spec.gripper.open + spec.gripper.closed) / 4
    return [full.getJointId(name) for name in known if name not in spec.joint_names], q


def frame_id(model: pin.Model, name: str) -> int:
    """Return the number of a frame.

    Raises:
        ValueError: no such frame; the message names the valid ones.
    """
    if not model.existFrame(name):
        valid = [frame.name for frame in model.frames if frame.type == pin.FrameType.BODY]
        raise ValueError(f'frame {name!r} is not one of {valid}')
    return int(model.getFrameId(name))
