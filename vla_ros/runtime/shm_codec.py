"""How the values of data.py lie in the sections of the mailbox: a pack and an unpack for each."""

from dataclasses import dataclass

import numpy as np

from vla_ros.core.data import ActionChunk, Array, ExecutionStatus, Mode, Pose
from vla_ros.runtime.mailbox import MAX_CHANNELS, MAX_STEPS, Entry, Section


@dataclass(frozen=True)
class SimSnapshot:
    """The simulated world at one tick, for cameras and for whoever judges it."""

    stamp: int  # ns
    qpos: Array
    qvel: Array
    family: str  # with the seed, what the layout was drawn for; '' is no family
    seed: int
    resets: int  # layouts so far
    time: float = 0.0  # s, simulated, since the last layout
    peak_force: float = 0.0  # N, the greatest on the robot since then; 0 where it is not followed


def chunk_misfit(chunk: ActionChunk) -> str:
    """Return why a chunk does not fit into the mailbox; '' when it does."""
    shape = chunk.actions.shape
    if len(shape) != 2 or not 1 <= shape[0] <= MAX_STEPS or not 1 <= shape[1] <= MAX_CHANNELS:
        return (
            f'actions: expected 1 to {MAX_STEPS} steps of 1 to {MAX_CHANNELS} channels, '
            f'got {shape}'
        )
    return ''


def put_chunk(section: Section, chunk: ActionChunk) -> None:
    """Write a chunk that fits."""
    horizon, width = chunk.actions.shape
    section.write(
        (
            chunk.stamp, chunk.seq, chunk.latent_seq, horizon, width, chunk.inference_start,
            chunk.inference_end,
        ),
        [chunk.dt, chunk.valid_for, chunk.latent_age, *chunk.actions.ravel().tolist()],
        (chunk.robot, chunk.model, chunk.representation, '\n'.join(chunk.channels)),
    )  # fmt: skip


def get_chunk(entry: Entry) -> ActionChunk:
    """Make the chunk of what a section held."""
    ints, floats, texts = entry
    stamp, seq, latent_seq, horizon, width, start, end = ints
    dt, valid_for, latent_age = floats[:3].tolist()
    return ActionChunk(
        stamp=stamp,
        seq=seq,
        latent_seq=latent_seq,
        latent_age=latent_age,
        robot=texts[0],
        model=texts[1],
        channels=tuple(texts[3].split('\n')),
        representation=texts[2],
        dt=dt,
        actions=floats[3 : 3 + horizon * width].reshape(horizon, width),
        inference_start=start,
        inference_end=end,
        valid_for=valid_for,
    )


def put_status(section: Section, status: ExecutionStatus) -> None:
    """Write the status; texts that are too long are cut."""
    section.write(
        (
            status.stamp, int(status.mode), status.chunk_seq, status.chunk_step, status.ticks,
            status.deadline_misses, status.refused_chunks, status.refused_targets,
        ),
        [
            status.queue_seconds, status.chunk_age, status.latent_age, status.tick_p50,
            status.tick_p99, status.seam_jump, status.gripper_command, status.gripper,
            *status.commanded.position.tolist(), *status.commanded.quaternion.tolist(),
            *status.measured.position.tolist(), *status.measured.quaternion.tolist(),
            status.latency_p50, status.latency_p99,
        ],
        (status.cause, status.instruction, status.last_refusal),
    )  # fmt: skip


def get_status(section: Section) -> ExecutionStatus:
    """Read the status back."""
    ints, floats, (cause, instruction, refusal) = section.read()
    stamp, mode, seq, step, ticks, misses, refused, targets = ints
    left, chunk_age, latent_age, p50, p99, seam, command, gripper = floats[:8].tolist()
    return ExecutionStatus(
        stamp=stamp,
        mode=Mode(mode),
        cause=cause,
        instruction=instruction,
        chunk_seq=seq,
        chunk_step=step,
        queue_seconds=left,
        chunk_age=chunk_age,
        latent_age=latent_age,
        ticks=ticks,
        deadline_misses=misses,
        tick_p50=p50,
        tick_p99=p99,
        latency_p50=float(floats[22]),
        latency_p99=float(floats[23]),
        seam_jump=seam,
        refused_chunks=refused,
        refused_targets=targets,
        last_refusal=refusal,
        commanded=Pose(floats[8:11], floats[11:15]),
        measured=Pose(floats[15:18], floats[18:22]),
        gripper_command=command,
        gripper=gripper,
    )


def get_sim(section: Section) -> SimSnapshot:
    """Read the simulated world back."""
    (stamp, nq, nv, seed, resets), floats, (family,) = section.read()
    return SimSnapshot(
        stamp=stamp,
        qpos=floats[2 : 2 + nq].copy(),
        qvel=floats[2 + nq : 2 + nq + nv].copy(),
        family=family,
        seed=seed,
        resets=resets,
        time=float(floats[0]),
        peak_force=float(floats[1]),
    )


def put_sim(section: Section, sim: SimSnapshot) -> None:
    """Write the simulated world."""
    section.write(
        (sim.stamp, len(sim.qpos), len(sim.qvel), sim.seed, sim.resets),
        np.concatenate([(sim.time, sim.peak_force), sim.qpos, sim.qvel]),
        (sim.family,),
    )


def put_target(section: Section, stamp: int, values: Array) -> None:
    """Write a target."""
    section.write((stamp, len(values)), values)


def get_target(entry: Entry) -> tuple[int, Array]:
    """Return a target's stamp (ns) and values."""
    (stamp, count), floats, _ = entry
    return stamp, floats[:count]
