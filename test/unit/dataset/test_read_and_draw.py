from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from vla_ros.core.data import Mode
from vla_ros.dataset.overlay import HEIGHT, WIDTH, Caption, compose
from vla_ros.dataset.read import ReadError, camera_name, read_episode
from vla_ros.dataset.series import Episode, latest
from vla_ros.dataset.timeline import write_timeline
from vla_ros.dataset.video import caption_at, picture_at, write_video


CAMERAS = ('front', 'wrist')


START = 1_700_000_000_000_000_000


@pytest.fixture(scope='module')
def episode(episode_folder: Path) -> Episode:
    return read_episode(episode_folder)


def test_everything_recorded_is_read(episode: Episode) -> None:
    assert episode.metadata['robot'] == 'franka'
    assert (episode.instruction, episode.outcome) == ('put the red cube in the bowl', 'success')
    assert episode.duration == pytest.approx(12, abs=0.05)
    assert set(episode.images) == {'front', 'wrist'}
    assert len(episode.images['front'].stamp) == len(episode.chunks) == 360
    assert episode.joints['joint_states'].position.shape == (1200, 7)
    assert episode.joints['joint_states'].names[0] == 'fr3_joint1'
    assert np.all(np.diff(episode.commanded[''].stamp) > 0)
    assert set(episode.status.mode) == {Mode.IDLE, Mode.RUN, Mode.HOLD}
    assert episode.failures.names == ('overlap', 'mahalanobis')
    assert np.all(np.isnan(episode.failures.values[:, 0]))
    assert episode.failures.alarm.sum() == pytest.approx(45, abs=2)
    assert episode.sim.qpos.shape == (360, 9)
    assert episode.counts['/joint_states'] == 1200
    assert len(episode.latents.stamp) == 60
    assert not episode.refused


def test_chunks_come_back_as_they_were(episode: Episode) -> None:
    chunk = episode.chunks[30]
    assert (chunk.stamp, chunk.seq, chunk.robot) == (START + 10**9, 30, 'franka')
    assert chunk.actions.shape == (16, 8) and chunk.dt == 0.1
    assert chunk.inference_end - chunk.inference_start == 4_000_000
    assert np.array_equal(chunk.feature, np.float32([1.0, 1.0, 2.0]))
    assert chunk.samples is None
    assert episode.chunk_arrival[30] == chunk.stamp + 2_000_000


def test_images_by_time(episode: Episode) -> None:
    series = episode.images['front']
    assert series.at(START - 1) is None
    first, later = series.at(START), series.at(START + 10**9)
    assert first.shape == (96, 96, 3) and np.any(first != later)
    assert latest(series.stamp, START + 10**12) == 359


@pytest.mark.parametrize(
    ('topic', 'name'),
    [
        ('/camera/front/image_raw/compressed', 'front'),
        ('/robot1/camera/wrist/image_raw/compressed', 'wrist'),
        ('image/compressed', 'image/compressed'),
    ],
)
def test_camera_names(topic: str, name: str) -> None:
    assert camera_name(topic) == name


def test_what_is_no_bag_is_named(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match='expected one .mcap file'):
        read_episode(tmp_path)
    (tmp_path / 'x.mcap').write_bytes(b'nothing of the kind')
    with pytest.raises(ReadError, match=r'x\.mcap'):
        read_episode(tmp_path)


def test_captions_follow_the_run(episode: Episode) -> None:
    early = caption_at(episode, START + 500_000_000)
    assert early.mode is Mode.IDLE and not early.alarm
    held = caption_at(episode, START + 7_300_000_000)
    assert held.mode is Mode.HOLD and held.alarm
    assert 'mahalanobis' in held.cause and held.p_value < held.alpha
    assert 0.2 <= held.latent_age <= 0.35
    before = caption_at(episode, START - 10**9)
    assert before.instruction == episode.instruction and np.isnan(before.p_value)


def test_video_has_every_frame_and_plays(episode: Episode, tmp_path: Path) -> None:
    path = tmp_path / 'out' / 'v.mp4'
    count = write_video(path, [episode], CAMERAS, fps=5, speed=2.0)
    assert count == 30
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.width, stream.height) == ('h264', WIDTH, HEIGHT)
        frames = [frame.to_ndarray(format='rgb24') for frame in container.decode(stream)]
    assert len(frames) == 30
    assert np.any(frames[5] != frames[25])
    red = (frames[10][..., 0] > 150) & (frames[10][..., 1] < 80)
    assert red[100:600].any()  # the cube is to be seen


def test_video_draws_the_recorded_physics_again(episode: Episode, tmp_path: Path) -> None:
    asked = []

    def render(camera: str, scene_id: str, qpos: np.ndarray) -> np.ndarray:
        asked.append((camera, qpos[0]))
        return np.full((480, 640, 3), 200, np.uint8)

    picture = picture_at(episode, 'front', START + 10**9, render)
    assert picture.shape == (480, 640, 3)
    assert asked == [('front', pytest.approx(1.0))]
    assert write_video(tmp_path / 'v.mp4', [episode], ('front',), render, fps=1) == 12


def test_nothing_to_show_is_an_error(tmp_path: Path) -> None:
    empty = Episode('x', {}, {}, 0, 0)
    with pytest.raises(ValueError, match='no episode'):
        write_video(tmp_path / 'v.mp4', [empty], CAMERAS)
    with pytest.raises(ValueError, match='no episode'):
        write_timeline(tmp_path / 't.png', [empty])
    assert not list(tmp_path.iterdir())


def test_timeline_of_full_and_bare_episodes(episode: Episode, tmp_path: Path) -> None:
    import cv2

    bare = Episode(
        'x', {'instruction': 'x ' * 200}, {}, episode.end + 10**9, episode.end + 5 * 10**9
    )
    write_timeline(tmp_path / 'a' / 't.png', [bare, episode, episode], 'A run')
    image = cv2.imread(str(tmp_path / 'a' / 't.png'))
    assert image.shape[0] > 800 and image.shape[1] > 1200
    assert image.std() > 10


@pytest.mark.parametrize(
    'caption',
    [
        Caption(),
        Caption(instruction='x' * 5000, cause='y' * 5000, mode=Mode.STOP),
        Caption(
            instruction='\u5c06\u7ea2\u8272\u65b9\u5757 \n \U0001f916', p_value=2.0, alpha=0.1
        ),
        Caption(p_value=0.0, alpha=1.0, alarm=True, latent_age=1e9, progress=1.0, seconds=1e6),
    ],
)
@pytest.mark.parametrize('size', [None, (96, 96), (480, 640), (3, 1000)])
def test_any_caption_and_picture_fit(caption: Caption, size: Any) -> None:
    picture = None if size is None else np.zeros((*size, 3), np.uint8)
    frame = compose({'front': picture, 'wrist': None}, caption)
    assert frame.shape == (HEIGHT, WIDTH, 3) and frame.dtype == np.uint8
