"""Latent, ActionChunk, FailureScore."""

from array import array
import math

import numpy as np

from vla_ros.core.data import ActionChunk, FailureScore, Guarantee, Latent
from vla_ros.ros.convert.fields import ConvertError, from_time, header, matrix, packed, to_time
from vla_ros_msgs.msg import ActionChunk as ActionChunkMsg
from vla_ros_msgs.msg import FailureStatus
from vla_ros_msgs.msg import Latent as LatentMsg


_DTYPES: dict[str, np.dtype] = {'float16': np.dtype('<f2'), 'float32': np.dtype('<f4')}
_MAX_LATENT = 1 << 20  # numbers; more is a mistake, not a latent


def latent_to_msg(latent: Latent) -> LatentMsg:
    """Return a latent as a message."""
    message = LatentMsg(header=header(latent.stamp))
    message.seq = latent.seq
    message.episode_id = latent.episode_id
    message.model = latent.model
    message.instruction = latent.instruction
    message.subgoal = latent.subgoal
    message.task = latent.task
    message.inference_start = to_time(latent.inference_start)
    message.inference_end = to_time(latent.inference_end)
    message.valid_for = latent.valid_for
    message.space = latent.space
    message.shape = array('I', latent.data.shape)
    message.dtype = 'float32'
    message.data = array('B', latent.data.astype('<f4', copy=False).tobytes())
    message.grounded = latent.grounded
    message.refusal = latent.refusal
    message.p_grounded = float(latent.p_grounded)
    return message


def latent_from_msg(message: LatentMsg) -> Latent:
    """Return the latent; raises ConvertError naming what is wrong with it."""
    if message.dtype not in _DTYPES:
        raise ConvertError(f'latent.dtype: {message.dtype!r} is not one of {sorted(_DTYPES)}')
    dtype, shape = _DTYPES[message.dtype], tuple(int(n) for n in message.shape)
    if len(shape) != 2 or not all(shape):
        raise ConvertError(f'latent.shape: expected tokens and their width, got {shape}')
    if math.prod(shape) > _MAX_LATENT:
        raise ConvertError(f'latent.shape: {shape} has more than {_MAX_LATENT} numbers')
    if len(message.data) != math.prod(shape) * dtype.itemsize:
        raise ConvertError(
            f'latent.data: expected {shape} {message.dtype}, got {len(message.data)} bytes'
        )
    data = np.frombuffer(bytes(message.data), dtype).reshape(shape).astype(np.float32)
    if not np.isfinite(data).all():
        raise ConvertError('latent.data: expected finite numbers')
    if not (0 < message.valid_for < 3600 and 0 <= message.p_grounded <= 1):
        raise ConvertError(
            f'latent: expected valid_for in 0..3600 s and p_grounded in 0..1, got '
            f'{message.valid_for} and {message.p_grounded}'
        )
    refusal = message.refusal or ('' if message.grounded else 'not grounded')
    return Latent(
        stamp=from_time(message.header.stamp), seq=message.seq, episode_id=message.episode_id,
        model=message.model, instruction=message.instruction, subgoal=message.subgoal,
        inference_start=from_time(message.inference_start),
        inference_end=from_time(message.inference_end),
        valid_for=message.valid_for, data=data, p_grounded=message.p_grounded, refusal=refusal,
        task=message.task,
        space=message.space,
    )  # fmt: skip


def chunk_to_msg(chunk: ActionChunk, frame: str = '') -> ActionChunkMsg:
    """Return a chunk as a message; `frame` is that of its Cartesian channels."""
    message = ActionChunkMsg(header=header(chunk.stamp, frame))
    message.seq = chunk.seq
    message.latent_seq = chunk.latent_seq
    message.latent_age = float(chunk.latent_age)
    message.robot = chunk.robot
    message.model = chunk.model
    message.channels = list(chunk.channels)
    message.representation = chunk.representation
    message.dt = chunk.dt
    message.horizon = chunk.horizon
    message.actions = packed(chunk.actions, 'd')
    message.inference_start = to_time(chunk.inference_start)
    message.inference_end = to_time(chunk.inference_end)
    message.valid_for = chunk.valid_for
    message.feature = packed(chunk.feature, 'f')
    if chunk.samples is not None:
        message.samples = len(chunk.samples)
        message.sample_actions = packed(chunk.samples, 'd')
    return message


def chunk_from_msg(message: ActionChunkMsg) -> ActionChunk:
    """Return the chunk; raises ConvertError. Whether it may move the arm, the queue decides."""
    shape = (int(message.horizon), len(message.channels))
    if not all(shape):
        raise ConvertError(f'chunk.actions: expected steps of some channels, got {shape}')
    samples = None
    if message.samples:
        whole = (int(message.samples), *shape)
        samples = matrix(message.sample_actions, whole, np.float64, 'chunk.sample_actions')
    return ActionChunk(
        stamp=from_time(message.header.stamp), seq=message.seq, latent_seq=message.latent_seq,
        latent_age=message.latent_age, robot=message.robot, model=message.model,
        channels=tuple(message.channels), representation=message.representation, dt=message.dt,
        actions=matrix(message.actions, shape, np.float64, 'chunk.actions'),
        inference_start=from_time(message.inference_start),
        inference_end=from_time(message.inference_end),
        valid_for=message.valid_for, feature=np.array(message.feature, np.float32),
        samples=samples,
    )  # fmt: skip


def failure_to_msg(score: FailureScore) -> FailureStatus:
    """Return a verdict as a message."""
    message = FailureStatus(header=header(score.stamp))
    message.chunk_seq = score.chunk_seq
    message.score_names = list(score.names)
    message.score_values = packed(score.values, 'd')
    message.p_value = float(score.p_value)
    message.alpha = float(score.alpha)
    message.guarantee = int(score.guarantee)
    message.cause = score.cause
    message.alarm = bool(score.alarm)
    message.calibration_hash = score.calibration_hash
    return message


def failure_from_msg(message: FailureStatus) -> FailureScore:
    """Return the verdict; raises ConvertError."""
    if message.guarantee not in list(Guarantee):
        raise ConvertError(f'failure.guarantee: {message.guarantee} is not one of 0, 1, 2')
    shape = (len(message.score_names),)
    return FailureScore(
        stamp=from_time(message.header.stamp), chunk_seq=message.chunk_seq,
        names=tuple(message.score_names),
        values=matrix(message.score_values, shape, np.float64, 'failure.score_values'),
        p_value=message.p_value, alpha=message.alpha, guarantee=Guarantee(message.guarantee),
        cause=message.cause, alarm=message.alarm, calibration_hash=message.calibration_hash,
    )  # fmt: skip
