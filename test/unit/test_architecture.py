"""The rules of docs/design.md that keep stages apart and files small, checked on the source."""

import ast
from collections.abc import Iterator
from pathlib import Path
import re

import pytest


ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / 'vla_ros'
SOURCES = sorted(PACKAGE.rglob('*.py'))

# What may import ROS, and what may import every stage.
ROS_FOLDERS = {'nodes', 'bringup'}
COMPOSERS = {'cli', 'commands', 'pipeline', *ROS_FOLDERS}
# The waist that every stage stands on; it stands on nothing but itself.
SHARED = {
    *('config', 'data', 'episodes', 'geometry', 'language', 'paths'),
    *('policy', 'presets', 'robots'),
}
STAGES = {
    *('observe', 'reason', 'act', 'control', 'detect', 'record'),
    *('learn', 'evaluate', 'sim', 'console', 'teleop'),
}

ROS_PACKAGES = re.compile(
    r'(rclpy|launch|launch_ros|ament_index_python|\w+_(msgs|srvs|interfaces))$'
)
FORBIDDEN = {
    'pickle': r'^\s*(import|from)\s+(c?[pP]ickle|dill|joblib|cloudpickle)\b',
    'torch.load': r'\btorch\.load\(',
    'yaml.load': r'\byaml\.(unsafe_|full_)?load(_all)?\(',
    'allow_pickle=True': r'allow_pickle\s*=\s*True',
    'eval or exec': r'(?<![\w.])(eval|exec)\(',
    'shell=True': r'\bshell\s*=\s*True',
}
LONGEST_FILE = 300
LONGEST_FUNCTION = 60


def name_of(path: Path) -> str:
    """Return a source's path for test names and messages."""
    return str(path.relative_to(ROOT))


def part_of(path: Path) -> str:
    """Return the stage, folder or module directly under vla_ros that a source belongs to."""
    return Path(path.relative_to(PACKAGE).parts[0]).stem


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Yield every imported module, those inside functions too, with its line."""
    package = ('vla_ros', *path.relative_to(PACKAGE).parent.parts)
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = '.'.join((*base, *([node.module] if node.module else [])))
            # `from vla_ros import sim` names the part last
            for alias in node.names:
                yield (f'{module}.{alias.name}' if module == 'vla_ros' else module), node.lineno


def parts_imported(path: Path) -> dict[str, int]:
    """Return the parts of vla_ros that a source imports, with a line each."""
    return {
        module.split('.')[1]: line
        for module, line in imports(path)
        if module.startswith('vla_ros.') and not module.startswith('vla_ros.__')
    }


every_source = pytest.mark.parametrize('path', SOURCES, ids=name_of)


@every_source
def test_only_nodes_and_bringup_import_ros(path):
    if part_of(path) in ROS_FOLDERS:
        return
    ros = [
        f'line {line}: {module}'
        for module, line in imports(path)
        if ROS_PACKAGES.match(module.split('.')[0])
    ]
    assert not ros, f'{name_of(path)} imports ROS: {ros}'


@every_source
def test_stages_do_not_import_each_other(path):
    part = part_of(path)
    if part in COMPOSERS or part == '__init__':
        return
    allowed = SHARED if part in SHARED else SHARED | {part}
    wrong = [
        f'line {line}: {name}'
        for name, line in parts_imported(path).items()
        if name not in allowed
    ]
    assert not wrong, f'{name_of(path)} may import {sorted(allowed)} of vla_ros, but: {wrong}'


def test_every_part_has_its_place():
    parts = {part_of(path) for path in SOURCES} - {'__init__', '__main__'}
    unknown = parts - COMPOSERS - SHARED - STAGES
    assert not unknown, (
        f'{sorted(unknown)}: neither a stage, a composer nor shared; see docs/design.md'
    )


@every_source
def test_nothing_unsafe_is_called(path):
    found = [
        f'line {number}: {what}'
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        for what, pattern in FORBIDDEN.items()
        if re.search(pattern, line)
    ]
    assert not found, f'{name_of(path)}: {found}'


@every_source
def test_files_and_functions_are_short(path):
    text = path.read_text()
    count = len(text.splitlines())
    assert count <= LONGEST_FILE, f'{name_of(path)} has {count} lines'
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or 0) - node.lineno + 1
            assert length <= LONGEST_FUNCTION, f'{name_of(path)}: {node.name} has {length} lines'
