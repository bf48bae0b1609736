"""The task families: what each acts on, what it needs besides, and which words it turns on.

Everything that names families is derived from this table: requests, wordings, vocabulary, the
classes that texts are sorted into, what robots and policies may say they do.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from vla_ros.core.config import require


COLOURS = ('red', 'green', 'blue', 'yellow', 'purple', 'orange')
KINDS = (
    'cube',
    'button',
    'line',
    'bar',
    'crate',
)  # of things that have a colour and are named by it
ARMS = ('left', 'right')
GOALS = ('bowl', 'zone')  # targets that are not named by a colour

# Words that say which cube goes on which.
_RELATIONS = (
    *('on', 'onto', 'top', 'atop', 'upon', 'over', 'above', 'under', 'below', 'beneath'),
    *('underneath', 'bottom', 'base', 'support', 'carry', 'hold', 'bear', 'it', 'goes'),
    *('comes', 'belongs', 'up', 'down'),
)


# Words that say what an arm is to do; "right away" names none.
_BY = frozenset(
    ['with', 'by', 'using', 'use', 'to', 'from', 'arm', 'hand', 'gripper', 'over', 'it', 'away']
)
_TOGETHER = frozenset(['both', 'two', 'together', 'away'])
# Words that tell going there and reaching out from taking, and one from the other.
_REACH = frozenset(['reach', 'look', 'touch', 'near', 'above', 'over', 'at', *_BY])
_DRIVE = frozenset(
    [
        *('drive', 'go', 'roll', 'move', 'walk', 'come', 'head', 'travel', 'approach', 'table'),
        *('up', 'closer', 'near', 'first'),
    ]
)


@dataclass(frozen=True)
class Family:
    """One family of tasks."""

    kind: str  # of its object, and of a target that is a colour
    targets: tuple[str, ...] = ('',)  # '' where it needs none
    arms: tuple[str, ...] = ('',)  # '' where it is all the same which arm does it
    protected: frozenset[str] = frozenset()  # words without which its texts mean something else

    def __post_init__(self) -> None:
        require(self.kind in KINDS, f'kind {self.kind!r} is not one of {KINDS}')
        valid = ('', *GOALS, *COLOURS)
        wrong = [name for name in self.targets if name not in valid]
        require(not wrong and bool(self.targets), f'targets {wrong} are not of {valid}')
        wrong = [name for name in self.arms if name not in ('', *ARMS)]
        require(not wrong and bool(self.arms), f'arms {wrong} are not of {ARMS}')


FAMILIES: dict[str, Family] = {
    'pick': Family('cube'),
    'put': Family('cube', ('bowl',)),
    'push': Family('cube', ('zone',)),
    'stack': Family('cube', COLOURS, protected=frozenset(_RELATIONS)),
    'press': Family('button'),
    'wipe': Family('line'),
    'place': Family('cube', ('bowl',), ARMS, protected=_BY),
    'handover': Family('cube', arms=ARMS, protected=_BY),  # the arm is the one that receives
    'lift': Family('bar', protected=_TOGETHER),
    'reach': Family('cube', arms=ARMS, protected=_REACH),
    'hoist': Family('crate', protected=_TOGETHER),
    'fetch': Family('cube', protected=_DRIVE),
}


def check_families(names: Iterable[str], where: str) -> None:
    """Raise ValueError, beginning with `where`, unless all are families and none comes twice."""
    names, valid = list(names), list(FAMILIES)
    unknown = [name for name in names if name not in FAMILIES]
    require(not unknown, f'{where}: {unknown[:1]} is not one of {valid}')
    require(len(set(names)) == len(names), f'{where}: a family is given twice in {names}')


def kinds(families: Iterable[str]) -> tuple[str, ...]:
    """Return the kinds of things that families act on, each once, in order."""
    return tuple(dict.fromkeys(FAMILIES[name].kind for name in families))


def armed(families: Iterable[str]) -> tuple[str, ...]:
    """Return those families that need an arm to be named, in order."""
    return tuple(name for name in families if '' not in FAMILIES[name].arms)


def goals(families: Iterable[str]) -> tuple[str, ...]:
    """Return those of bowl and zone that families need, each once, in order."""
    every = [target for name in families for target in FAMILIES[name].targets]
    return tuple(dict.fromkeys(target for target in every if target in GOALS))
