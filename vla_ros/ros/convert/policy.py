"""Latent, ActionChunk, FailureScore."""

from vla_ros.core.data import ActionChunk, FailureScore, Latent
from vla_ros.core.messages import (
    CHUNK,
    FAILURE,
    LATENT,
    chunk_from_msg,
    failure_from_msg,
    latent_from_msg,
)
from vla_ros_msgs.msg import ActionChunk as ActionChunkMsg
from vla_ros_msgs.msg import FailureStatus
from vla_ros_msgs.msg import Latent as LatentMsg


__all__ = [
    'chunk_from_msg',
    'chunk_to_msg',
    'failure_from_msg',
    'failure_to_msg',
    'latent_from_msg',
    'latent_to_msg',
]


def latent_to_msg(latent: Latent) -> LatentMsg:
    """Return a latent as a message."""
    message = LatentMsg(grounded=latent.grounded)
    LATENT.write(latent, message)
    return message


def chunk_to_msg(chunk: ActionChunk, frame: str = '') -> ActionChunkMsg:
    """Return a chunk as a message; `frame` is that of its Cartesian channels."""
    message = ActionChunkMsg()
    message.header.frame_id = frame
    CHUNK.write(chunk, message)
    return message


def failure_to_msg(score: FailureScore) -> FailureStatus:
    """Return a verdict as a message."""
    message = FailureStatus()
    FAILURE.write(score, message)
    return message
