"""Message definitions as text, found without rclpy, so that a bag explains itself.

ROS installs `share/<package>/msg/<Type>.msg` under every prefix. A bag embeds the definition of
a type and of all it contains, separated as `ros2 bag` does.
"""

from functools import cache
import json
import os
from pathlib import Path
import re
import sys


_SEPARATOR = '=' * 80
_INTEGERS = [f'{sign}int{bits}' for sign in ('', 'u') for bits in (8, 16, 32, 64)]
_PRIMITIVES = frozenset(
    ['bool', 'byte', 'char', 'float32', 'float64', 'string', 'wstring', *_INTEGERS]
)
_FIELD = re.compile(r'^\s*([A-Za-z][\w/]*)(?:<=\d+)?(?:\[[^\]]*\])?\s+[A-Za-z]\w*')


class SchemaError(ValueError):
    """A message type has no definition in any prefix; the message names the type."""


@cache
def definition(type_name: str) -> str:
    """Return the text of `type_name` (e.g. 'sensor_msgs/msg/Image') and of all it contains.

    Raises:
        SchemaError: the type, or one that it contains, is not installed.
    """
    own = _file(type_name, 'msg').read_text(encoding='utf-8')
    parts, seen, waiting = [own], {type_name}, _references(type_name, own)
    while waiting:
        name = waiting.pop(0)
        if name in seen:
            continue
        seen.add(name)
        text = _file(name, 'msg').read_text(encoding='utf-8')
        package, _, message = name.split('/')
        parts.append(f'{_SEPARATOR}\nMSG: {package}/{message}\n{text}')
        waiting += _references(name, text)
    return '\n'.join(part.rstrip('\n') + '\n' for part in parts)


@cache
def type_hash(type_name: str) -> str:
    """Return the type's RIHS01 hash, or '' when the installation does not carry it."""
    try:
        tree = json.loads(_file(type_name, 'json').read_text(encoding='utf-8'))
        entries = {entry['type_name']: entry['hash_string'] for entry in tree['type_hashes']}
        return str(entries.get(type_name, ''))
    except (SchemaError, OSError, ValueError, KeyError, TypeError):
        return ''


def prefixes() -> list[Path]:
    """Return where packages are looked for: AMENT_PREFIX_PATH, then this Python's prefix."""
    listed = os.environ.get('AMENT_PREFIX_PATH', '').split(os.pathsep)
    return [Path(p) for p in [*listed, sys.prefix] if p]


def _file(type_name: str, suffix: str) -> Path:
    parts = type_name.split('/')
    if len(parts) != 3:
        raise SchemaError(f'{type_name!r}: expected <package>/msg/<Type>')
    for prefix in prefixes():
        path = prefix / 'share' / parts[0] / parts[1] / f'{parts[2]}.{suffix}'
        if path.is_file():
            return path
    raise SchemaError(
        f'{type_name}: no {parts[2]}.{suffix} under share/{parts[0]} of '
        f'{", ".join(map(str, prefixes()))}; install the package {parts[0]}'
    )


def _references(type_name: str, text: str) -> list[str]:
    """Return the full names of the message types that a definition uses."""
    package = type_name.split('/')[0]
    names = []
    for line in text.splitlines():
        match = _FIELD.match(line.partition('#')[0])
        if match is None or match[1] in _PRIMITIVES:
            continue
        parts = match[1].split('/')
        names.append(
            f'{parts[0]}/msg/{parts[-1]}' if len(parts) > 1 else f'{package}/msg/{parts[0]}'
        )
    return names
