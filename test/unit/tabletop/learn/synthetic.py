"""Demonstrations without a simulator: coloured squares where the pinhole cameras see them."""

import numpy as np
from safetensors.numpy import save_file

from vla_ros.robots import load_robot
from vla_ros.tabletop.language import COLOURS, render, requests
from vla_ros.tabletop.pocket.embodiment import embody


CUBES = ('pick', 'put', 'push', 'stack')
RGB = np.array(
    [[220, 30, 30], [30, 200, 40], [40, 60, 220], [230, 220, 40], [140, 40, 180], [240, 140, 30],
     [240, 240, 240], [90, 90, 90]]
)  # fmt: skip


def write_demos(folder, count, steps=12, size=96, seed=0, families=CUBES, robot='franka'):
    """Write demonstrations of a robot all of whose arms go to the object."""
    folder.mkdir(parents=True, exist_ok=True)
    body = embody(load_robot(robot))
    rng = np.random.default_rng(seed)
    for i in range(count):
        episode, request = _episode(rng, body, steps, size, families)
        metadata = {
            'robot': robot, 'family': request.family, 'object': request.object,
            'target': request.target, 'arm': request.arm, 'instruction': render(request, rng),
            'seed': str(i), 'success': 'true', 'fps': '10',
        }  # fmt: skip
        save_file(episode, folder / f'{i:05d}.safetensors', metadata)


def _episode(rng, body, steps, size, families):
    present = rng.permutation(6)[:4]
    low, high = body.centres.mean(0)[:2] - [0.1, 0.2], body.centres.mean(0)[:2] + [0.15, 0.2]
    objects = np.full((6, 3), np.nan, np.float32)
    objects[present] = np.c_[rng.uniform(low, high, (4, 2)), np.full(4, 0.02)]
    bowl, zone = rng.uniform([*low, 0.0], [*high, 0.0], (2, 3)).astype(np.float32)
    seen = {COLOURS[i] for i in present}
    options = [
        r
        for r in requests(*families)
        if r.object in seen and r.target in {'', 'bowl', 'zone', *seen}
    ]
    request = options[rng.integers(len(options))]
    goal = objects[COLOURS.index(request.object)]
    position = body.centres + [0.0, 0.0, 0.3]
    cameras, images = (body.far, *body.near), {name: [] for name in body.cameras}
    state, action = np.zeros((steps, 2 * len(body.channels)), np.float32), []
    still = np.zeros(body.rest)  # of what moves besides arms
    turn, opened = [1.0, 0.0, 0.0, 0.0], body.gripper_open
    for t in range(steps):
        after = position + (goal - position) * 0.2
        state[t, : 16 * body.arms] = np.concatenate([[*p, *turn, opened] * 2 for p in position])
        opening = 0.0 if t > steps // 2 else opened
        arms = [[*p, *turn, opening] for p in after]
        action.append(np.concatenate([*arms, still]))
        places = np.concatenate([objects, bowl[None], zone[None]])
        for camera in cameras:
            pixels = camera.project(places[None], state[t : t + 1])[0]
            images[camera.name].append(_draw(pixels, size))
        position = after
    episode = {f'observation.images.{k}': np.stack(v) for k, v in images.items()}
    return episode | {
        'observation.state': state,
        'action': np.array(action, np.float32),
        'privileged.objects': np.repeat(objects[None], steps, 0),
        'privileged.grips': np.tile(objects, (steps, body.arms, 1, 1)),
        'privileged.bowl': np.repeat(bowl[None], steps, 0),
        'privileged.zone': np.repeat(zone[None], steps, 0),
        'stamp': np.arange(steps) * 100_000_000,
        'valid': np.ones(steps, np.uint8),
    }, request


def _draw(pixels, size):
    image = np.full((size, size, 3), [150, 120, 90], np.uint8)
    for colour, (x, y) in zip(RGB[::-1], ((pixels[::-1] + 1) / 2 * size), strict=True):
        if np.isfinite(x + y):
            rows = slice(max(0, int(y) - 3), max(0, int(y) + 4))
            image[rows, max(0, int(x) - 3) : max(0, int(x) + 4)] = colour
    return image
