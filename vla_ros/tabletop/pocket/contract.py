"""What the policy.yaml of a pocket policy says, in one place for training, export and tests."""

from typing import Any

from vla_ros.policies import (
    ActionSpace,
    Features,
    ImageFeature,
    LatentFeature,
    PolicySpec,
    Rates,
)


KIND = 'pocket'
POSE = 7  # numbers of an arm's relative action: translation, rotation vector, opening
STATE = 16  # numbers of an arm in a state: pose and opening, measured, then commanded


def pocket_spec(
    *,
    name: str,
    robot: str,
    actions: ActionSpace,
    state: tuple[str, ...],
    cameras: tuple[str, ...],
    families: tuple[str, ...],
    decoder: dict[str, Any],
    image_size: int,
    dt: float,
    horizon: int,
    latent: tuple[int, int],
    feature_width: int,
    threshold: float,
    search_time: float,
    rates: Rates,
    files: dict[str, str],
) -> PolicySpec:
    """Return what is said about a pocket policy.

    Args:
        name: of the policy.
        robot: name of the one that it is for.
        actions: what its numbers mean.
        state: names of the numbers that the nets are told of the robot.
        cameras: in the order of the nets' inputs.
        families: of tasks, in the order of the reasoner's classes.
        decoder: name, and its options.
        image_size: px, square.
        dt: s between the steps of a chunk.
        horizon: steps of a chunk.
        latent: tokens, and width of each.
        feature_width: numbers that the failure detector sees.
        threshold: p_grounded below which an instruction is refused.
        search_time: s that the robot may look around first.
        rates: of both nets.
        files: sha256 by name; the latents' space is called after the reasoner's.
    """
    images = {camera: _picture(camera, image_size) for camera in cameras}
    space = f'{KIND}:{files["reasoner.onnx"][:12]}'
    return PolicySpec(
        name=name,
        robot=robot,
        expert={'kind': KIND, 'horizon': horizon, 'feature_width': feature_width},
        reasoner={
            'kind': KIND,
            'families': list(families),
            'p_grounded_min': threshold,
            'search_time': search_time,
        },
        decoder=decoder,
        features=Features(images, {'state': state}, latent=LatentFeature(space, *latent)),
        actions=actions,
        dt=dt,
        rates=rates,
        tasks=families,
        files=files,
    )


def _picture(camera: str, size: int) -> ImageFeature:
    # Cropped, for fields of view are vertical: the middle of a wider picture is what nets know.
    return ImageFeature(camera, size, size, fit='crop')
