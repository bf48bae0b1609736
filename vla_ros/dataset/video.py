"""Episodes to one mp4 that people can follow: cameras, instruction, mode, p, latent age."""

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av

from vla_ros.core.data import SECOND, Array, Image
from vla_ros.dataset.overlay import HEIGHT, WIDTH, Caption, compose
from vla_ros.dataset.palette import mode_of
from vla_ros.dataset.series import Episode, latest


# camera name, scene id, qpos (nq,) -> picture: renders the recorded physics state again, larger.
Renderer = Callable[[str, str, Array], Image]


def write_video(
    path: str | Path,
    episodes: Sequence[Episode],
    cameras: Sequence[str],
    render: Renderer | None = None,
    fps: int = 25,
    speed: float = 1.0,
) -> int:
    """Write an mp4 (h264) of the episodes in order; returns the number of frames.

    Args:
        path: file to write.
        episodes: as `read_episode` returns them.
        cameras: shown side by side, in this order.
        render: draws a camera's picture from SimState where the bag has it, e.g. at 480p;
            the recorded pictures are used when None.
        fps: frames per second of the film.
        speed: 2 shows the run twice as fast.

    Raises:
        ValueError: no episode with messages.
        OSError: the file cannot be written.
    """
    if not any(episode.end > episode.start for episode in episodes):
        raise ValueError('video: no episode with messages')
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    count = 0
    with av.open(str(path), 'w', options={'movflags': '+faststart'}) as container:
        stream = container.add_stream('libx264', rate=fps)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, 'yuv420p'
        stream.options = {'crf': '20', 'preset': 'superfast'}
        for image in _frames(episodes, render, cameras, fps, speed):
            frame = av.VideoFrame.from_ndarray(image, format='rgb24')
            frame.pts, frame.time_base = count, Fraction(1, fps)
            container.mux(stream.encode(frame))
            count += 1
        container.mux(stream.encode())
    return count


def _frames(
    episodes: Sequence[Episode],
    render: Renderer | None,
    cameras: Sequence[str],
    fps: int,
    speed: float,
) -> Iterator[Image]:
    step = round(speed * SECOND / fps)
    for number, episode in enumerate(episodes, start=1):
        counter = f'{number} / {len(episodes)}' if len(episodes) > 1 else ''
        for time in range(episode.start, episode.end, step):
            pictures = {name: picture_at(episode, name, time, render) for name in cameras}
            yield compose(pictures, caption_at(episode, time, counter))


def picture_at(
    episode: Episode, camera: str, time: int, render: Renderer | None = None
) -> Image | None:
    """Return a camera's picture at `time` (ns), drawn again when possible."""
    if render is not None and episode.sim is not None:
        index = latest(episode.sim.stamp, time)
        if index >= 0:
            return render(camera, episode.sim.scene_id[index], episode.sim.qpos[index])
    series = episode.images.get(camera)
    return series.at(time) if series else None


def caption_at(episode: Episode, time: int, counter: str = '') -> Caption:
    """Return what was known at `time` (ns)."""
    values: dict[str, object] = {}
    if (status := episode.status) and (i := latest(status.stamp, time)) >= 0:
        values |= {'mode': mode_of(int(status.mode[i])), 'cause': status.cause[i]}
        values['instruction'] = status.instruction[i]
        values['latent_age'] = float(status.latent_age[i])
    if (failures := episode.failures) and (i := latest(failures.stamp, time)) >= 0:
        values |= {'p_value': float(failures.p_value[i]), 'alpha': float(failures.alpha[i])}
        values['alarm'] = bool(failures.alarm[i])
    if (latents := episode.latents) and (i := latest(latents.inference_end, time)) >= 0:
        values['subgoal'] = latents.refusal[i] or latents.subgoal[i]
    values['instruction'] = values.get('instruction') or episode.instruction
    seconds = (time - episode.start) / SECOND
    return Caption(
        counter=counter,
        seconds=seconds,
        progress=min(seconds / max(episode.duration, 1e-9), 1.0),
        **values,  # type: ignore[arg-type]
    )
