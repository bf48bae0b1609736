"""Write requirements/*.txt, every package with its exact version, from requirements/*.in.

Run it in an environment that works: versions installed there are kept where they still fit.
Each file holds what the files before it do not.
"""

import json
from pathlib import Path
import re
import subprocess
import sys
import tempfile


REQUIREMENTS = Path(__file__).resolve().parents[1] / 'requirements'
LAYERS = ('runtime', 'ros', 'test')
HEADER = '# Written by tools/pin_requirements.py from {}; edit that one.\n'


def pip(*arguments: str) -> str:
    """Run this environment's pip and return what it prints."""
    command = [sys.executable, '-m', 'pip', '--disable-pip-version-check', *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def installed() -> str:
    """Return the installed packages as constraints.

    The ROS wheels install some packages a second time under their ROS name, with an underscore;
    those names are not pip's.
    """
    lines = pip('list', '--format=freeze').splitlines()
    names = [line.split('==')[0] for line in lines]
    return '\n'.join(
        line
        for line, name in zip(lines, names, strict=True)
        if f'ros-{name.replace("_", "-")}' not in names and name not in ('vla_ros', 'vla-ros')
    )


def resolve(layers: tuple[str, ...], constraints: Path) -> dict[str, str]:
    """Return name and version of every package that the layers need together."""
    files = [argument for name in layers for argument in ('-r', str(REQUIREMENTS / f'{name}.in'))]
    options = ('--quiet', '--dry-run', '--ignore-installed', '--report', '-')
    report = json.loads(pip('install', *options, '-c', str(constraints), *files))
    found = [package['metadata'] for package in report['install']]
    # A local version such as 1.0+cpu names one build; the pin must fit any.
    return {
        re.sub('[-_.]+', '-', package['name']).lower(): package['version'].partition('+')[0]
        for package in found
    }


def main() -> None:
    """Write one file per layer."""
    before: set[str] = set()
    with tempfile.TemporaryDirectory() as folder:
        constraints = Path(folder, 'constraints.txt')
        constraints.write_text(installed())
        for count, layer in enumerate(LAYERS, start=1):
            packages = resolve(LAYERS[:count], constraints)
            lines = [f'{name}=={packages[name]}\n' for name in sorted(set(packages) - before)]
            (REQUIREMENTS / f'{layer}.txt').write_text(
                HEADER.format(f'requirements/{layer}.in') + ''.join(lines)
            )
            before |= set(packages)
            print(f'requirements/{layer}.txt: {len(lines)} packages')


if __name__ == '__main__':
    main()
