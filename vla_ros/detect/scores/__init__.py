"""One file per score; the registry is the table below."""

from vla_ros.detect.scores.mahalanobis import Mahalanobis
from vla_ros.detect.scores.overlap import Overlap
from vla_ros.detect.scores.score import Score


SCORES: dict[str, type[Score]] = {score.name: score for score in (Overlap, Mahalanobis)}


def valid_names() -> list[str]:
    """Return the names a configuration may use."""
    return sorted(SCORES)


__all__ = ['SCORES', 'Mahalanobis', 'Overlap', 'Score', 'valid_names']
