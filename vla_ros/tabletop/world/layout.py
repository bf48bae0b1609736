"""Layout: where the objects of one scene lie and how it is lit; drawn without overlaps."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from vla_ros.core.config import require
from vla_ros.core.data import Array
from vla_ros.tabletop.language import COLOURS
from vla_ros.tabletop.language.families import KINDS
from vla_ros.tabletop.world.config import SimConfig
from vla_ros.tabletop.world.state import absent


_ATTEMPTS = 1000
_INSET = 0.02  # m, by which bowl and zone keep further inside


@dataclass(frozen=True)
class Layout:
    """One scene at rest, base frame. What has a colour is in colour order, NaN = absent."""

    cubes: Array  # (6, 3) x m, y m, yaw rad
    bowl: Array  # (2,) m, NaN = absent
    zone: Array  # (2,) m, NaN = absent
    light: float = 0.0  # relative change of the light
    tint: Array = field(default_factory=lambda: np.zeros((7, 3)))  # RGB, colours then table
    buttons: Array = field(default_factory=lambda: absent(2))  # (6, 2) m
    lines: Array = field(default_factory=lambda: absent(4))  # (6, 4) m, x and y of start and end
    bars: Array = field(
        default_factory=lambda: absent(3)
    )  # (6, 3) x m, y m, yaw rad: 0 is along y
    crates: Array = field(default_factory=lambda: absent(3))  # (6, 3) likewise
    # Limb -> positions of its joints where a limb that is no arm does not begin at home.
    begin: Mapping[str, Array] = field(default_factory=dict)

    def __post_init__(self) -> None:
        n = len(COLOURS)
        for name, shape in (
            ('cubes', (n, 3)),
            ('tint', (n + 1, 3)),
            ('buttons', (n, 2)),
            ('lines', (n, 4)),
            ('bars', (n, 3)),
            ('crates', (n, 3)),
        ):
            require(getattr(self, name).shape == shape, f'{name}: expected {shape}')

    @property
    def present(self) -> tuple[str, ...]:
        """Colours of what is in the scene."""
        every = [self.colours(kind) for kind in KINDS]
        return tuple(c for c in COLOURS if any(c in colours for colours in every))

    def colours(self, kind: str) -> tuple[str, ...]:
        """Return the colours in which there are things of a kind."""
        every = (self.cubes, self.buttons, self.lines, self.bars, self.crates)
        rows = dict(zip(KINDS, every, strict=True))[kind]
        return tuple(c for c, row in zip(COLOURS, rows, strict=True) if row[0] == row[0])

    def cube(self, colour: str) -> Array:
        """Return the place (2,) m of a cube; NaN when it is absent."""
        place: Array = self.cubes[COLOURS.index(colour), :2]
        return place

    def bar(self, colour: str) -> Array:
        """Return x m, y m and yaw rad (3,) of a bar; NaN when it is absent."""
        place: Array = self.bars[COLOURS.index(colour)]
        return place

    def crate(self, colour: str) -> Array:
        """Return x m, y m and yaw rad (3,) of a crate; NaN when it is absent."""
        place: Array = self.crates[COLOURS.index(colour)]
        return place

    @property
    def watched(self) -> bool:
        """Whether what touches the robot has to be followed: there are buttons or lines."""
        return bool(self.colours('button') or self.colours('line'))


def draw_layout(config: SimConfig, rng: np.random.Generator, kind: str = 'cube') -> Layout:
    """Draw a scene with things of one kind, in which everything keeps its distance."""
    attempt = _DRAWN[kind]
    for _ in range(_ATTEMPTS):
        layout = attempt(config, rng)
        if layout is not None:
            return layout
    raise ValueError('placement: no scene without overlaps was found; enlarge x, y or reduce gap')


def _cubes(config: SimConfig, rng: np.random.Generator) -> Layout | None:
    """Draw one scene; None when something finds no place."""
    place = config.placement
    colours = _colours(rng, place.cubes)
    goals = 2 if place.goals else 0
    places = _places(config, rng, len(colours), place.gap, goals)
    if places is None:
        return None
    cubes = absent(3)
    yaws = rng.uniform(-place.yaw, place.yaw, len(colours))
    for colour, centre, yaw in zip(colours, places[goals:], yaws, strict=True):
        cubes[colour] = (*centre, yaw)
    light, tint = _look(config, rng)
    zone, bowl = places[:2] if goals else np.full((2, 2), np.nan)
    return Layout(cubes, bowl, zone, light, tint)


def _buttons(config: SimConfig, rng: np.random.Generator) -> Layout | None:
    """Draw one scene with buttons; None when something finds no place."""
    colours = _colours(rng, config.buttons.count)
    places = _places(config, rng, len(colours), config.buttons.gap)
    if places is None:
        return None
    buttons = absent(2)
    buttons[colours] = places[2:]
    light, tint = _look(config, rng)
    return Layout(absent(3), places[1], places[0], light, tint, buttons=buttons)


def _lines(config: SimConfig, rng: np.random.Generator) -> Layout | None:
    """Draw one scene with lines and nothing else; None when one finds no place.

    A line starts where y is greater, at the robot's left, so that all agree on its start.
    """
    place, own = config.placement, config.lines
    lower, upper = np.array([place.x[0], place.y[0]]), np.array([place.x[1], place.y[1]])
    shortest, longest = (round(length / own.segment) for length in own.length)
    lines = absent(4)
    drawn: list[Array] = []
    for colour in _colours(rng, own.count):
        for _ in range(30):
            slant = rng.uniform(-own.slant, own.slant)
            length = own.segment * rng.integers(shortest, longest + 1)
            way = length * np.array([np.sin(slant), -np.cos(slant)])
            # Any start from which the line ends within the bounds.
            start = rng.uniform(lower - np.minimum(way, 0), upper - np.maximum(way, 0))
            points = start + np.linspace(0, 1, 17)[:, None] * way
            if all(np.linalg.norm(points[:, None] - p, axis=2).min() >= own.gap for p in drawn):
                drawn.append(points)
                lines[colour] = (*start, *(start + way))
                break
        else:
            return None
    light, tint = _look(config, rng)
    nowhere = np.full(2, np.nan)
    return Layout(absent(3), nowhere, nowhere, light, tint, lines=lines)


def _bars(config: SimConfig, rng: np.random.Generator) -> Layout | None:
    """Draw one scene with bars and nothing else; None when they are too near each other."""
    place, own = config.placement, config.bars
    count = _count(rng, own.count)
    bars = absent(3)
    x = rng.uniform(place.x[0], place.x[1], count)
    middle = 0.5 * (place.y[0] + place.y[1])
    y = middle + rng.uniform(-own.offset, own.offset, count)
    yaw = rng.uniform(-own.slant, own.slant, count)
    if count > 1 and np.diff(np.sort(x)).min() < own.gap + own.length * np.ptp(yaw) / 2:
        return None
    bars[rng.permutation(len(COLOURS))[:count]] = np.c_[x, y, yaw]
    light, tint = _look(config, rng)
    nowhere = np.full(2, np.nan)
    return Layout(absent(3), nowhere, nowhere, light, tint, bars=bars)


def _crates(config: SimConfig, rng: np.random.Generator) -> Layout | None:
    """Draw one scene with crates around the robot and nothing else."""
    own = config.crates
    colours = _colours(rng, own.count)
    count = len(colours)
    room = 2 * own.bearing - own.gap * (count - 1)
    bearing = np.sort(rng.uniform(0, room, count)) + own.gap * np.arange(count) - own.bearing
    away = rng.uniform(own.distance[0], own.distance[1], count)
    yaw = bearing + rng.uniform(-own.slant, own.slant, count)
    crates = absent(3)
    crates[colours] = np.c_[away * np.cos(bearing), away * np.sin(bearing), yaw]
    light, tint = _look(config, rng)
    nowhere = np.full(2, np.nan)
    return Layout(absent(3), nowhere, nowhere, light, tint, crates=crates)


_DRAWN: dict[str, Callable[[SimConfig, np.random.Generator], Layout | None]] = {
    'cube': _cubes,
    'button': _buttons,
    'line': _lines,
    'bar': _bars,
    'crate': _crates,
}


def _count(rng: np.random.Generator, bounds: tuple[int, int]) -> int:
    """Draw how many there are, the upper bound among them."""
    return int(rng.integers(bounds[0], bounds[1] + 1))


def _colours(rng: np.random.Generator, bounds: tuple[int, int]) -> list[int]:
    """Draw how many things there are and their colours; return these as numbers in COLOURS."""
    count = _count(rng, bounds)
    colours: list[int] = rng.permutation(len(COLOURS)).tolist()
    return colours[:count]


def _look(config: SimConfig, rng: np.random.Generator) -> tuple[float, Array]:
    """Draw light and tint."""
    look = config.appearance
    light = float(rng.uniform(-look.light, look.light))
    return light, rng.uniform(-look.tint, look.tint, (len(COLOURS) + 1, 3))


def _places(
    config: SimConfig, rng: np.random.Generator, count: int, gap: float, goals: int = 2
) -> list[Array] | None:
    """Return centres (2,) m of zone and bowl, if there are `goals`, and of `count` things.

    These are `gap` m apart. None when something finds no place.
    """
    place, objects = config.placement, config.objects
    lower = np.array([place.x[0], place.y[0]])
    upper = np.array([place.x[1], place.y[1]])
    rims = [objects.zone / 2, objects.bowl_radius + objects.bowl_wall]
    places: list[Array] = []
    for i in range(goals + count):
        inset = _INSET if i < goals else 0.0
        if i < goals:  # nothing has to fit between zone and bowl
            reach = np.array([rims[0] + rims[1] + 0.02])[:i]
        else:
            reach = np.array([rim + place.rim_gap for rim in rims[:goals]] + [gap] * (i - goals))
        for _ in range(30):
            centre = rng.uniform(lower + inset, upper - inset)
            if all(np.hypot(*(centre - p)) >= r for p, r in zip(places, reach, strict=True)):
                places.append(centre)
                break
        else:
            return None
    return places
