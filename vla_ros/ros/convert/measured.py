"""What the control node measures, as the messages that compliance controllers publish."""

from geometry_msgs.msg import PoseStamped, Twist, TwistStamped, Vector3, Wrench, WrenchStamped
import numpy as np

from vla_ros.core.data import Array, Pose
from vla_ros.core.rotations import quat_conjugate, quat_multiply
from vla_ros.ros.convert.fields import header, to_pose
from vla_ros.runtime.shm_limb import Snapshot


def current_pose(snapshot: Snapshot, frame: str) -> PoseStamped:
    """Return the measured pose of the tcp, base frame."""
    state = snapshot.state
    return PoseStamped(header=header(state.stamp, frame), pose=to_pose(state.ee))


def current_twist(snapshot: Snapshot, frame: str) -> TwistStamped:
    """Return the measured velocity of the tcp, m/s and rad/s, base axes."""
    linear, angular = _vectors(snapshot.state.twist)
    return TwistStamped(
        header=header(snapshot.state.stamp, frame), twist=Twist(linear=linear, angular=angular)
    )


def external_wrench(snapshot: Snapshot, frame: str) -> WrenchStamped | None:
    """Return what the world exerts on the tcp, N and Nm, base axes; None where it is not known."""
    if not np.isfinite(snapshot.state.wrench).all():
        return None
    force, torque = _vectors(snapshot.state.wrench)
    return WrenchStamped(
        header=header(snapshot.state.stamp, frame), wrench=Wrench(force=force, torque=torque)
    )


def tracking_error(snapshot: Snapshot, frame: str) -> PoseStamped:
    """Return how far the commanded pose is from the measured one, base axes.

    The position is their difference, m; the orientation is the rotation R_d R^T between them.
    """
    state = snapshot.state
    wanted, real = state.commanded, state.ee
    turn = quat_multiply(wanted.quaternion, quat_conjugate(real.quaternion))
    error = Pose(wanted.position - real.position, np.asarray(turn))
    return PoseStamped(header=header(state.stamp, frame), pose=to_pose(error))


def _vectors(values: Array) -> tuple[Vector3, Vector3]:
    a, b, c, d, e, f = values.tolist()
    return Vector3(x=a, y=b, z=c), Vector3(x=d, y=e, z=f)
