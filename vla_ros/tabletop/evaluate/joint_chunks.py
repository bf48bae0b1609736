"""JointChunks: an expert whose poses are made joint positions, to see that nothing is lost."""

from typing import Any

import numpy as np

from vla_ros.control.native.model import make_model
from vla_ros.core import rotations
from vla_ros.core.data import Array, BodyState, Observation
from vla_ros.policies import ActionSpace, Context, EpisodeInfo, Expert, Group, Prediction
from vla_ros.robots.loading import named_limbs
from vla_ros.robots.robot import Robot
from vla_ros.robots.spec import ArmSpec


_ITERATIONS, _CLOSE = 20, 1e-5  # m and rad, of what is left of a pose
_RIDGE = 1e-6  # m^2, of the damped inverse
_HOMING = 0.05  # share of the way home that joints take an iteration, where the pose is free


class JointChunks:
    """An `Expert` that says where the joints are to be, where another says it of the tcp."""

    def __init__(self, expert: Expert, robot: Robot) -> None:
        """Wrap an expert whose action space has poses of a robot's arms."""
        self._expert = expert
        self.model, self.features, self.dt = expert.model, expert.features, expert.dt
        self._poses: dict[int, tuple[int, _InverseKinematics]] = {}  # first column -> arm
        limbs, groups, first = list(named_limbs(robot)), [], 0
        names = self._names = [name for name, _ in limbs]
        for group in expert.action_space.groups:
            number = names.index(group.limb)
            spec = limbs[number][1]
            if group.kind == 'pose' and isinstance(spec, ArmSpec):
                self._poses[first] = number, _InverseKinematics(spec)
                groups.append(Group('joint', group.limb, spec.joint_names))
            else:
                groups.append(Group(group.kind, group.limb, group.names))
            first += len(group.parts)
        self.action_space = ActionSpace(tuple(groups))

    def reset(self, episode: EpisodeInfo) -> None:
        """See `Expert`."""
        self._expert.reset(episode)

    def act(self, observation: Observation, context: Context) -> Prediction:
        """Return the other's actions, absolute, as joints; see `Expert`."""
        prediction, state = self._expert.act(observation, context), observation.state
        absolute = self._expert.action_space.absolute(prediction.actions, state, self._names)
        limbs: Any = state.limbs if isinstance(state, BodyState) else (state,)
        columns, first = [], 0
        for group in self._expert.action_space.groups:
            own = absolute[:, first : first + len(group.parts)]
            if first in self._poses:
                number, kinematics = self._poses[first]
                own = kinematics.follow(limbs[number].position, own)
            columns.append(own)
            first += len(group.parts)
        return Prediction(np.concatenate(columns, 1), feature=prediction.feature)

    def close(self) -> None:
        """See `Expert`."""
        self._expert.close()


class _InverseKinematics:
    """Joint positions of poses, by damped Newton steps from pose to pose."""

    def __init__(self, spec: ArmSpec) -> None:
        self._model, self._home, self._still = make_model(spec), spec.home, np.zeros(spec.n)
        self._lower, self._upper = spec.joint_array('lower'), spec.joint_array('upper')
        self._one = np.eye(spec.n)

    def follow(self, joints: Array, poses: Array) -> Array:
        """Return joints (horizon, n) rad of poses (horizon, 7), beginning near `joints` (n,)."""
        rows, q = [], np.array(joints)
        for pose in poses:
            q = self._solve(q, pose[:3], rotations.to_matrix(tuple(pose[3:7])))
            rows.append(q)
        return np.array(rows)

    def _solve(self, q: Array, position: Array, turn: tuple[float, ...]) -> Array:
        model, wanted = self._model, np.array(turn).reshape(3, 3)
        for _ in range(_ITERATIONS):
            model.update(q, self._still)
            error = np.concatenate(
                [position - model.position, rotations.log(wanted.dot(model.rotation.T))]
            )
            jacobian = np.array(model.jacobian)
            inverse = jacobian.T @ np.linalg.inv(jacobian @ jacobian.T + _RIDGE * np.eye(6))
            free = self._one - inverse @ jacobian
            q = q + inverse @ error + free @ (_HOMING * (self._home - q))
            q = np.clip(q, self._lower, self._upper)
            if float(np.abs(error).max()) < _CLOSE:
                break
        return q
