"""JSON reports that say where they come from, written whole or not at all.

Every report has `report` (its kind), `format` (1), `provenance` and the fields of its kind.
`provenance`: `created` (UTC, ISO 8601), `command` (no absolute path in it), `seed` (null when
none), `version` of vla_ros, `git` (commit, with '+' when the tree was changed; null outside a
checkout), `machine` (`system`, `processor`, `cores`, `python`).
"""

from collections.abc import Mapping
import dataclasses
from datetime import UTC, datetime
from enum import Enum
from importlib import metadata
import json
import math
import os
from pathlib import Path
import platform
import subprocess
import sys
from typing import Any

import numpy as np


_CHECKOUT = Path(__file__).resolve().parents[2]


def provenance(seed: int | None = None, command: str | None = None) -> dict[str, Any]:
    """Return the provenance of what is being computed now.

    Args:
        seed: the run's seed.
        command: what to type to get it again; this process's command line when None, with paths
            below the working directory or the checkout relative to it, and of other absolute
            ones only the last part.
    """
    return {
        'created': datetime.now(UTC).isoformat(timespec='seconds'),
        'command': _command_line() if command is None else command,
        'seed': seed,
        'version': _version(),
        'git': _git(),
        'machine': {
            'system': platform.platform(),
            'processor': _processor(),
            'cores': os.cpu_count(),
            'python': platform.python_version(),
        },
    }


def write_report(
    path: str | Path,
    kind: str,
    fields: Mapping[str, Any],
    seed: int | None = None,
    command: str | None = None,
) -> dict[str, Any]:
    """Write a report atomically; returns it as written.

    Dataclasses, enums, paths and arrays become plain JSON, NaN and infinity become null.

    Raises:
        OSError: the file cannot be written; an old report stays as it was.
        TypeError: a field cannot be expressed in JSON.
    """
    report = {
        'report': kind,
        'format': 1,
        'provenance': provenance(seed, command),
        **plain(dict(fields)),
    }
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f'{path.name}.{os.getpid()}.part')
    try:
        text = json.dumps(report, indent=2, allow_nan=False) + '\n'
        temporary.write_text(text, encoding='utf-8')
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return report


def plain(value: Any) -> Any:
    """Return `value` as JSON types.

    Raises:
        TypeError: it holds something that has no JSON form; the message names its type.
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, Mapping):
        return {str(k.name if isinstance(k, Enum) else k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(v) for v in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Path):
        return str(value)
    if value is None or isinstance(value, str | int | bool):
        return value
    raise TypeError(f'report: a {type(value).__name__} has no JSON form: {value!r}')


def _command_line() -> str:
    program = Path(sys.argv[0])
    # `python -m vla_ros.cli.main` is the command too.
    ours = program.resolve().is_relative_to(_CHECKOUT / 'vla_ros')
    return ' '.join(['vla_ros' if ours else program.name, *map(_portable, sys.argv[1:])])


def _portable(argument: str) -> str:
    """Return an argument, `path` or `--option=path`, without an absolute path."""
    option, equals, value = argument.rpartition('=') if argument[:1] == '-' else ('', '', argument)
    if not Path(value).is_absolute():
        return argument
    path = Path(os.path.normpath(value))
    for folder in (Path.cwd(), _CHECKOUT):
        if path.is_relative_to(folder):
            return f'{option}{equals}{path.relative_to(folder)}'
    return f'{option}{equals}{path.name}'


def _version() -> str:
    try:
        return metadata.version('vla_ros')
    except metadata.PackageNotFoundError:
        return 'checkout'


def _git() -> str | None:
    """Return the commit of the checkout that this file is in."""
    here = Path(__file__).resolve().parent
    try:
        commit = _run('git', 'rev-parse', '--short=12', 'HEAD', cwd=here)
        changed = _run('git', 'status', '--porcelain', '--untracked-files=no', cwd=here)
    except (OSError, subprocess.SubprocessError):
        return None
    return commit + ('+' if changed else '')


def _run(*command: str, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=5, check=True)
    return done.stdout.strip()


def _processor() -> str:
    try:
        for line in Path('/proc/cpuinfo').read_text(encoding='utf-8').splitlines():
            if line.startswith('model name'):
                return line.partition(':')[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
