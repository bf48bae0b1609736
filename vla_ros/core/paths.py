"""Where the files that ship beside the code are: in a checkout, else in the install prefix."""

from pathlib import Path
import sys


_CHECKOUT = Path(__file__).resolve().parents[2]
_PREFIX = Path(sys.prefix) / 'share' / 'vla_ros'


def share_dir() -> Path:
    """Return the folder that holds config/, urdf/, launch/ and policies/.

    Raises:
        FileNotFoundError: neither a checkout nor an installed share folder has them.
    """
    candidates = [_CHECKOUT, _PREFIX]
    # colcon installs to <prefix>/lib/pythonX/site-packages: the share folder stands beside lib.
    candidates += [parent / 'share' / 'vla_ros' for parent in _CHECKOUT.parents]
    for folder in candidates:
        if (folder / 'config' / 'robots').is_dir():
            return folder
    raise FileNotFoundError(
        'expected config/robots/ in one of '
        + ', '.join(str(c) for c in candidates)
        + '; install the package again (colcon build, or pip install .)'
    )


def config_file(kind: str, name: str) -> Path:
    """Return config/<kind>/<name>.yaml, or the path itself when `name` is one.

    Raises:
        FileNotFoundError: no such file; the message lists the valid names.
    """
    direct = Path(name)
    if direct.suffix in ('.yaml', '.yml'):
        if direct.is_file():
            return direct
        raise FileNotFoundError(f'{kind}: file {direct} does not exist')
    folder = share_dir() / 'config' / kind
    path = folder / f'{name}.yaml'
    if path.is_file():
        return path
    valid = sorted(p.stem for p in folder.glob('*.yaml'))
    raise FileNotFoundError(f'{kind}: {name!r} is not one of {valid}, nor a .yaml file')
