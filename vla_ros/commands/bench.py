"""stub"""

NAME = 'bench'


def command() -> None:
    """Measure."""
