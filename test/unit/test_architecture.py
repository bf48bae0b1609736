"""The rooms of docs/design.md: who may import whom, and how long things are."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
import re


ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / 'vla_ros'
SOURCES = sorted(PACKAGE.rglob('*.py'))

WAIST = {'core', 'robots'}
# What each room may import, besides itself.
ROOMS = {
    'core': set(),
    'robots': {'core'},
    'observe': WAIST,
    'policies': WAIST,
    'chunks': WAIST,
    'control': WAIST,
    'runtime': WAIST | {'chunks', 'control'},
    'detect': {'core'},
    'dataset': WAIST | {'observe'},
    'teleop': WAIST,
    'evaluate': WAIST,
}
STACK = set(ROOMS) | {'ros'}
ROOMS['ros'] = STACK - {'ros'}
# The simulated world and what measures and commands: nothing above imports them.
ROOMS['tabletop'] = STACK
ROOMS['bench'] = STACK | {'tabletop'}
ROOMS['cli'] = STACK | {'tabletop', 'bench'}

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
LONGEST_FILE = 250
LONGEST_NODE = 150
LONGEST_FUNCTION = 40
# Longer than they should be: each with what is to become of it.
LONG_FILES = {
    'vla_ros/core/data.py',  # the states go into a file of their own
    'vla_ros/control/loops/loop.py',  # the motion of an arm goes into a file of its own
}
LONG_FUNCTIONS = {
    ('vla_ros/tabletop/pocket/contract.py', 'pocket_spec'),  # shrinks with the decoders' cut
}


def name_of(path: Path) -> str:
    """Return a source's path for messages."""
    return str(path.relative_to(ROOT))


def room_of(path: Path) -> str:
    """Return the folder directly under vla_ros that a source belongs to; '' for vla_ros itself."""
    return path.relative_to(PACKAGE).parts[0] if path.parent != PACKAGE else ''


@cache
def tree_of(path: Path) -> ast.Module:
    """Return the parsed source."""
    return ast.parse(path.read_text())


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Yield every imported module, those inside functions too, with its line."""
    package = ('vla_ros', *path.relative_to(PACKAGE).parent.parts)
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = '.'.join((*base, *([node.module] if node.module else [])))
            for alias in node.names:
                # The last name may be a module, too.
                yield f'{module}.{alias.name}', node.lineno


def rooms_imported(path: Path) -> Iterator[tuple[str, int]]:
    """Yield the rooms that a source imports, with a line each."""
    for module, line in imports(path):
        parts = module.split('.')
        if parts[0] == 'vla_ros' and len(parts) > 1 and parts[1] != '__version__':
            yield parts[1], line


def modules_imported(path: Path, known: dict[str, Path]) -> set[str]:
    """Return the modules of vla_ros that a source imports while it is imported itself."""
    later = {
        child
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for child in ast.walk(node)
    }
    guarded = {
        child
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.If) and 'TYPE_CHECKING' in ast.dump(node.test)
        for child in ast.walk(node)
    }
    found = set()
    for node in ast.walk(tree_of(path)):
        if not isinstance(node, ast.ImportFrom) or node in later or node in guarded:
            continue
        for alias in node.names:
            full = f'{node.module}.{alias.name}'
            found.add(full if full in known else node.module)
    return {module for module in found if module in known and known[module] != path}


def test_every_room_imports_only_what_the_table_allows():
    wrong = [
        f'{name_of(path)}:{line} imports {room}; {room_of(path)} may import {sorted(allowed)}'
        for path in SOURCES
        if (own := room_of(path))
        for allowed in [ROOMS[own]]
        for room, line in rooms_imported(path)
        if room not in allowed | {own}
    ]
    assert not wrong, '\n'.join(wrong)


def test_every_file_is_in_a_room():
    assert {room_of(path) for path in SOURCES} == {*ROOMS, ''}
    assert [path.name for path in PACKAGE.glob('*.py')] == ['__init__.py']


def test_no_two_rooms_import_each_other():
    both = [(a, b) for a, names in ROOMS.items() for b in names if a in ROOMS[b]]
    assert not both, f'{both}'


def test_no_modules_import_each_other_in_a_circle():
    known = {
        name_of(path).removesuffix('.py').removesuffix('/__init__').replace('/', '.'): path
        for path in SOURCES
    }
    left = {module: modules_imported(path, known) for module, path in known.items()}
    while free := [module for module, needs in left.items() if not needs & left.keys()]:
        for module in free:
            del left[module]
    assert not left, f'a circle among {sorted(left)}'


def test_only_ros_and_the_nodes_of_the_table_import_ros():
    wrong = [
        f'{name_of(path)}:{line} imports {module}'
        for path in SOURCES
        if room_of(path) not in ('ros', 'bench')
        and not (room_of(path) == 'tabletop' and path.stem.endswith('_node'))
        for module, line in imports(path)
        if ROS_PACKAGES.match(module.split('.')[0])
    ]
    assert not wrong, '\n'.join(wrong)


def test_a_file_name_stands_at_most_twice():
    names = [path.name for path in SOURCES if path.name != '__init__.py']
    often = sorted({name for name in names if names.count(name) > 2})
    assert not often, f'{often}'


def test_nothing_unsafe_is_called():
    found = [
        f'{name_of(path)}:{number} {what}'
        for path in SOURCES
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        for what, pattern in FORBIDDEN.items()
        if re.search(pattern, line)
    ]
    assert not found, '\n'.join(found)


def test_files_and_functions_are_short():
    long = []
    for path in SOURCES:
        lines, name = len(path.read_text().splitlines()), name_of(path)
        is_node = path.parent.name == 'nodes' or path.stem.endswith('_node')
        most = LONGEST_NODE if is_node and path.stem != 'stage_node' else LONGEST_FILE
        if lines > most and name not in LONG_FILES:
            long.append(f'{name} has {lines} lines, at most {most} may be')
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or 0) - node.lineno + 1
                if length > LONGEST_FUNCTION and (name, node.name) not in LONG_FUNCTIONS:
                    long.append(f'{name}: {node.name} has {length} lines')
    assert not long, '\n'.join(long)


def test_only_the_pocket_names_its_backends():
    found = [
        f'{name_of(path)} names {name}'
        for path in SOURCES
        if 'pocket' not in path.relative_to(PACKAGE).parts
        for name in ('PocketExpert', 'PocketReasoner', 'pocket_expert', 'pocket_reasoner')
        if name in path.read_text()
    ]
    assert not found, '\n'.join(found)
