"""TorsoReader: reads everything of a simulated robot but its arms."""

from collections.abc import Sequence

import mujoco
import numpy as np

from vla_ros.core.data import Pose
from vla_ros.robots.joint_group import JointGroupSpec
from vla_ros.robots.mobile_base import MobileBaseSpec
from vla_ros.tabletop.world.arm import LimbAddresses, find
from vla_ros.tabletop.world.limbs import SimJointGroup, SimLimb, SimMobileBase
from vla_ros.tabletop.world.scene import Scene
from vla_ros.tabletop.world.torso import Chain, Torso, Wheels, pose_of


class TorsoReader:
    """Knows where torso, head, base and the head's camera are in the model.

    The camera is the first of the robot's, which is what its policies see best with.
    """

    def __init__(self, scene: Scene, data: mujoco.MjData) -> None:
        """Look the parts up."""
        self._scene, self._data = scene, data
        camera = scene.spec.cameras[0]
        self._frame = find(scene.model, 'body', scene.spec.arms[0].base_frame)
        self._eye = find(scene.model, 'camera', camera.name)
        self._view = 0.5 * camera.fov_y

    def read(self, limbs: Sequence[SimLimb]) -> Torso:
        """Return the state after mj_kinematics and mj_camlight."""
        data = self._data
        base = np.zeros(3)
        others: list[Chain | Wheels] = []
        for spec, own, limb in zip(self._scene.spec.limbs, self._scene.limbs, limbs, strict=True):
            if isinstance(spec, JointGroupSpec) and isinstance(limb, SimJointGroup):
                others.append(self._chain(spec, own, limb))
            elif isinstance(spec, MobileBaseSpec) and isinstance(limb, SimMobileBase):
                sample = limb.read()
                base = sample.pose
                others.append(Wheels(spec.name, sample.twist, limb.commanded.copy()))
        # MuJoCo's cameras look along -z, ours along z with y down.
        eye = data.cam_xmat[self._eye].reshape(3, 3) * (1, -1, -1)
        return Torso(
            frame=pose_of(data.xpos[self._frame], data.xmat[self._frame]),
            base=base,
            eye=Pose(data.cam_xpos[self._eye].copy(), pose_of(np.zeros(3), eye).quaternion),
            view=self._view,
            limbs=tuple(others),
        )

    def _chain(self, spec: JointGroupSpec, own: LimbAddresses, limb: SimJointGroup) -> Chain:
        data = self._data
        return Chain(
            name=spec.name,
            position=data.qpos[own.q],
            commanded=limb.commanded.copy(),
            home=spec.home,
            lower=spec.joint_array('lower'),
            upper=spec.joint_array('upper'),
            axes=data.xaxis[own.joints],
            anchors=data.xanchor[own.joints],
        )
