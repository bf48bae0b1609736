"""Past: what was known some time before an observation, as a policy asks for it."""

from collections.abc import Callable, Mapping, Sequence

from vla_ros.core.data import SECOND, BodyState, Image, Moment, RobotState
from vla_ros.observe.stamped import KEPT, Stamped


NOW = (0.0,)  # s before the observation: no past is asked for
_MORE = 1.0  # s kept beyond the longest that is asked for: pictures come late


def kept(history: Sequence[float]) -> float:
    """Return for how many seconds things are kept, so that all times asked for can be had."""
    return max(KEPT, max(history) + _MORE)


def past(
    history: Sequence[float],
    stamp: int,
    since: int,
    state: Callable[[int], RobotState | BodyState],
    pictures: Mapping[str, Stamped[Image]],
) -> tuple[Moment, ...]:
    """Return a moment for each time asked for but 0, the newest first.

    Args:
        history: s before `stamp`.
        stamp: ns, of the observation.
        since: ns, when the episode began. Nothing is from before it: where it is younger than a
            time asked for, the oldest that there is of it stands for that.
        state: the state nearest to a stamp, none from before `since`.
        pictures: of the cameras whose past is asked for.
    """
    moments = []
    for ago in sorted(history):
        if not ago:
            continue
        then = max(stamp - round(ago * SECOND), since)
        images = {name: seen.at(then, since)[1] for name, seen in pictures.items()}
        moments.append(Moment(ago, images, state(then)))
    return tuple(moments)
