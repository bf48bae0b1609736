"""The stack's messages, each described once: what has other names there, and what is refused.

Both the nodes and the reader of bags read messages here, so both refuse the same.
"""

import math
from typing import Any

import numpy as np

from vla_ros.core.data import ActionChunk, ExecutionStatus, FailureScore, Latent
from vla_ros.core.events import CommandedState, EpisodeEvent
from vla_ros.core.message_codec import ConvertError, MessageCodec


LATENT = MessageCodec(Latent, 'latent')
CHUNK = MessageCodec(
    ActionChunk, 'chunk', {'samples': 'sample_actions', 'scores': 'sample_scores'}
)
FAILURE = MessageCodec(FailureScore, 'failure', {'names': 'score_names', 'values': 'score_values'})
STATUS = MessageCodec(
    ExecutionStatus,
    'status',
    {'commanded': 'commanded_pose', 'measured': 'measured_pose', 'gripper': 'gripper_position'},
)
COMMANDED = MessageCodec(CommandedState, 'commanded_state')
EVENT = MessageCodec(EpisodeEvent, 'episode')

# Of a message, what follows from its other fields: the codec leaves it to who writes.
DERIVED = {'vla_ros_msgs/msg/Latent': {'grounded'}}
BY_TYPE: dict[str, MessageCodec] = {
    'vla_ros_msgs/msg/Latent': LATENT,
    'vla_ros_msgs/msg/ActionChunk': CHUNK,
    'vla_ros_msgs/msg/FailureStatus': FAILURE,
    'vla_ros_msgs/msg/ExecutionStatus': STATUS,
    'vla_ros_msgs/msg/CommandedState': COMMANDED,
    'vla_ros_msgs/msg/EpisodeEvent': EVENT,
}


VERDICTS = ('go', 'refuse', 'ask', 'done')


def latent_from_msg(message: Any) -> Latent:
    """Return the latent; raises ConvertError naming what is wrong with it."""
    refusal = message.refusal or ('' if message.grounded else 'not grounded')
    # Whoever publishes latents of his own may leave one of the two out.
    verdict = getattr(message, 'verdict', '')
    if verdict in ('', 'go'):
        verdict = 'refuse' if refusal else 'go'
    elif verdict not in VERDICTS:
        raise ConvertError(f'latent.verdict: {verdict!r} is not one of {list(VERDICTS)}')
    else:
        refusal = refusal or 'it does not say why'
    latent = LATENT.read(message, refusal=refusal, verdict=verdict)
    if not (0 < latent.valid_for < 3600 and 0 <= latent.p_grounded <= 1):
        raise ConvertError(
            f'latent: expected valid_for in 0..3600 s and p_grounded in 0..1, got '
            f'{latent.valid_for} and {latent.p_grounded}'
        )
    return latent


def chunk_from_msg(message: Any) -> ActionChunk:
    """Return the chunk; raises ConvertError. Whether it may move the arm, the queue decides."""
    chunk = CHUNK.read(message)
    if not all(chunk.actions.shape):
        shape = chunk.actions.shape
        raise ConvertError(f'chunk.actions: expected steps of some channels, got {shape}')
    if len(chunk.kinds) != len(chunk.channels):
        raise ConvertError(
            f'chunk.kinds: expected one for each of {len(chunk.channels)} channels, '
            f'got {list(chunk.kinds)}'
        )
    return chunk


def failure_from_msg(message: Any) -> FailureScore:
    """Return the verdict; raises ConvertError."""
    return FAILURE.read(message)


def status_from_msg(message: Any) -> ExecutionStatus:
    """Return the status, -1 for the seq where there is no chunk; raises ConvertError."""
    if math.isnan(message.chunk_age):
        return STATUS.read(message, chunk_seq=-1)
    return STATUS.read(message)


def commanded_state_from_msg(message: Any) -> CommandedState:
    """Return what an arm is commanded; raises ConvertError."""
    if not math.isfinite(message.gripper):
        raise ConvertError(f'commanded_state.gripper: not finite: {message.gripper}')
    if not hasattr(message, 'joint_position'):  # of a bag that is older than the field
        return COMMANDED.read(message, joint_position=np.zeros(0))
    return COMMANDED.read(message)


def event_from_msg(message: Any) -> EpisodeEvent:
    """Return the start or the end of an episode or an intervention."""
    return EVENT.read(message)
