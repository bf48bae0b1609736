"""Layout: where the objects of one scene lie and how it is lit; drawn without overlaps."""

from dataclasses import dataclass, field

import numpy as np

from vla_ros.config import require
from vla_ros.data import Array
from vla_ros.language.grammar import COLOURS
from vla_ros.sim.config import SimConfig


_ATTEMPTS = 1000
_INSET = 0.02  # m, by which bowl and zone keep further inside


@dataclass(frozen=True)
class Layout:
    """One scene at rest, base frame."""

    cubes: Array  # (6, 3) x m, y m, yaw rad in colour order; NaN = absent
    bowl: Array  # (2,) m
    zone: Array  # (2,) m
    light: float = 0.0  # relative change of the light
    tint: Array = field(default_factory=lambda: np.zeros((7, 3)))  # RGB, cubes then table

    def __post_init__(self) -> None:
        require(self.cubes.shape == (len(COLOURS), 3), 'cubes: expected (6, 3)')
        require(self.tint.shape == (len(COLOURS) + 1, 3), 'tint: expected (7, 3)')

    @property
    def present(self) -> tuple[str, ...]:
        """Colours of the cubes in the scene."""
        return tuple(c for c, row in zip(COLOURS, self.cubes, strict=True) if row[0] == row[0])

    def cube(self, colour: str) -> Array:
        """Return the place (2,) m of a cube; NaN when it is absent."""
        place: Array = self.cubes[COLOURS.index(colour), :2]
        return place


def draw_layout(config: SimConfig, rng: np.random.Generator) -> Layout:
    """Draw a scene in which everything keeps its distance."""
    for _ in range(_ATTEMPTS):
        layout = _attempt(config, rng)
        if layout is not None:
            return layout
    raise ValueError('placement: no scene without overlaps was found; enlarge x, y or reduce gap')


def _attempt(config: SimConfig, rng: np.random.Generator) -> Layout | None:
    """Draw one scene; None when something finds no place."""
    place = config.placement
    count = int(rng.integers(place.cubes[0], place.cubes[1] + 1))
    colours = rng.permutation(len(COLOURS))[:count]
    places = _places(config, rng, count)
    if places is None:
        return None
    cubes = np.full((len(COLOURS), 3), np.nan)
    yaws = rng.uniform(-place.yaw, place.yaw, count)
    for colour, centre, yaw in zip(colours, places[2:], yaws, strict=True):
        cubes[colour] = (*centre, yaw)
    look = config.appearance
    return Layout(
        cubes=cubes,
        bowl=places[1],
        zone=places[0],
        light=float(rng.uniform(-look.light, look.light)),
        tint=rng.uniform(-look.tint, look.tint, (len(COLOURS) + 1, 3)),
    )


def _places(config: SimConfig, rng: np.random.Generator, count: int) -> list[Array] | None:
    """Return centres (2,) m of zone, bowl and `count` cubes; None when one finds no place."""
    place, objects = config.placement, config.objects
    lower = np.array([place.x[0], place.y[0]])
    upper = np.array([place.x[1], place.y[1]])
    rims = [objects.zone / 2, objects.bowl_radius + objects.bowl_wall]
    places: list[Array] = []
    for i in range(2 + count):
        inset = _INSET if i < 2 else 0.0
        if i < 2:  # nothing has to fit between zone and bowl
            reach = np.array([rims[0] + rims[1] + 0.02])[:i]
        else:
            reach = np.array([rim + place.rim_gap for rim in rims] + [place.gap] * (i - 2))
        for _ in range(30):
            centre = rng.uniform(lower + inset, upper - inset)
            if all(np.hypot(*(centre - p)) >= r for p, r in zip(places, reach, strict=True)):
                places.append(centre)
                break
        else:
            return None
    return places
