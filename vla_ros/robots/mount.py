"""What moves a place on a robot: the joints before it in the chain of the URDF."""

import pinocchio as pin

from vla_ros.robots.model import frame_id
from vla_ros.robots.robot import Robot


def movers(model: pin.Model, joint: int) -> tuple[str, ...]:
    """Return the names of the joints that move what is fixed to joint number `joint`, in order."""
    return tuple(model.names[i] for i in list(model.supports[joint])[1:])


def carriers(robot: Robot, frame: str) -> dict[int, list[int]]:
    """Return which limbs carry a frame, by number, each with those of its joints that do.

    Raises:
        ValueError: no such frame; the message names the valid ones.
    """
    model = pin.buildModelFromUrdf(str(robot.urdf_path))
    before = movers(model, model.frames[frame_id(model, frame)].parentJoint)
    joints = [
        [i for i, name in enumerate(limb.joint_names) if name in before] for limb in robot.limbs
    ]
    return {number: own for number, own in enumerate(joints) if own}
