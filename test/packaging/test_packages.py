"""Both packages are what colcon, rosdep and pip take them for."""

import ast
import os
from pathlib import Path
import re
import runpy
import subprocess
import sys

from catkin_pkg.package import parse_package
import pytest
import setuptools

import vla_ros


ROOT = Path(__file__).resolve().parents[2]
INTERFACES = ROOT / 'vla_ros_msgs'
NODES = ('camera', 'reasoner', 'expert', 'control', 'detector', 'recorder', 'teleop', 'referee')


def wheel_arguments(monkeypatch) -> dict:
    """Return what setup.py gives to setuptools when pip builds a wheel."""
    given: dict = {}
    monkeypatch.setattr(setuptools, 'setup', lambda **arguments: given.update(arguments))
    monkeypatch.setattr(sys, 'argv', ['setup.py', 'bdist_wheel'])
    monkeypatch.chdir(ROOT)
    runpy.run_path(str(ROOT / 'setup.py'))
    return given


def test_colcon_finds_both_packages_with_their_types(tmp_path):
    # An invalid package.xml would quietly turn ros.ament_python into python.
    colcon = Path(sys.prefix, 'bin', 'colcon')
    environment = {**os.environ, 'COLCON_HOME': str(tmp_path)}
    listed = subprocess.run(
        [colcon, '--log-base', str(tmp_path), 'list', '--base-paths', '.', 'vla_ros_msgs'],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert [line.split('\t') for line in listed.splitlines()] == [
        ['vla_ros', '.', '(ros.ament_python)'],
        ['vla_ros_msgs', 'vla_ros_msgs', '(ros.ament_cmake)'],
    ]


@pytest.mark.parametrize('folder', [ROOT, INTERFACES], ids=lambda folder: folder.name)
def test_package_xml_is_valid(folder):
    warnings: list[str] = []
    package = parse_package(str(folder), warnings=warnings)
    package.validate(warnings=warnings)
    assert not warnings
    assert package.package_format == 3
    assert package.licenses == ['Apache-2.0']


def test_versions_agree(monkeypatch):
    versions = {str(parse_package(str(folder)).version) for folder in (ROOT, INTERFACES)}
    assert versions == {wheel_arguments(monkeypatch)['version'], vla_ros.__version__}


def test_every_interface_file_is_generated():
    cmake = (INTERFACES / 'CMakeLists.txt').read_text()
    listed = set(re.findall(r'"((?:msg|srv|action)/\w+\.\w+)"', cmake))
    files = {
        str(p.relative_to(INTERFACES))
        for p in INTERFACES.glob('*/*')
        if p.suffix in ('.msg', '.srv', '.action')
    }
    assert listed == files


def test_ros_packages_in_use_are_declared():
    declared = {d.name for d in parse_package(str(ROOT)).exec_depends}
    used: set[str] = set()
    for path in [*(ROOT / 'vla_ros').rglob('*.py'), *(ROOT / 'launch').glob('*.py')]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                used |= {alias.name.split('.')[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                used.add(node.module.split('.')[0])
    ros = {
        n
        for n in used
        if re.fullmatch(
            r'(rclpy|launch|launch_ros|ament_index_python|\w+_(msgs|srvs|interfaces))', n
        )
    }
    assert ros <= declared, f'package.xml lacks {sorted(ros - declared)}'


def test_the_wheel_ships_what_ros_tools_look_for(monkeypatch):
    shipped = wheel_arguments(monkeypatch)['data_files']
    targets = {f'{folder}/{Path(f).name}': Path(f) for folder, files in shipped for f in files}
    assert 'share/ament_index/resource_index/packages/vla_ros' in targets
    assert 'share/vla_ros/package.xml' in targets
    for folder in ('launch', 'config', 'urdf', 'policies'):
        for file in (ROOT / folder).rglob('*'):
            if file.is_file() and '__pycache__' not in file.parts:
                assert f'share/vla_ros/{file.relative_to(ROOT)}' in targets
    for node in NODES:
        assert os.access(ROOT / targets[f'lib/vla_ros/{node}_node'], os.X_OK)


def test_every_executable_names_a_function(monkeypatch):
    scripts = wheel_arguments(monkeypatch)['entry_points']['console_scripts']
    assert {script.split(' = ')[0] for script in scripts} == {
        'vla_ros',
        *(f'{node}_node' for node in NODES),
    }
    for script in scripts:
        module, function = script.split(' = ')[1].split(':')
        source = ROOT / f'{module.replace(".", "/")}.py'
        assert source.is_file(), f'setup.py names {module}, but there is no {source}'
        names = [n.name for n in ast.parse(source.read_text()).body if hasattr(n, 'name')]
        assert function in names
