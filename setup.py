"""Packaging of vla_ros, for colcon (ament_python) and for pip."""

from pathlib import Path
import sys

from setuptools import find_packages, setup


PACKAGE = 'vla_ros'
NODES = {
    'camera': 'tabletop.camera_node',
    'referee': 'tabletop.referee_node',
    **{
        name: f'ros.nodes.{name}'
        for name in ('reasoner', 'expert', 'control', 'detector', 'recorder', 'teleop')
    },
}

POCKET = f'{PACKAGE}.tabletop.pocket'

# Folders beside the package that ROS tools and the nodes look up under share/vla_ros.
SHARED_FOLDERS = ('launch', 'config', 'urdf', 'policies')

# Only pip builds wheels; colcon runs `setup.py install` or `develop`.
BUILDS_WHEEL = 'bdist_wheel' in sys.argv

# Relative to its own place lib/vla_ros/<node>, so that the prefix can be anywhere.
LAUNCHER = '#!/bin/sh\nexec "$(dirname "$0")/../../bin/$(basename "$0")" "$@"\n'


def shared_files():
    """Return the shared folders' files as setuptools' (target folder, files) pairs."""
    files = [path for folder in SHARED_FOLDERS for path in sorted(Path(folder).rglob('*'))]
    return [
        (f'share/{PACKAGE}/{path.parent}', [str(path)])
        for path in files
        if path.is_file() and '__pycache__' not in path.parts
    ]


def node_launchers():
    """Write and return lib/vla_ros/<node>, where `ros2 run` and launch look for executables.

    Under colcon, setup.cfg puts the console scripts there. pip ignores that setting, so the wheel
    ships launchers that call the console scripts in bin/.
    """
    if not BUILDS_WHEEL:
        return []
    folder = Path('build', 'launchers')
    folder.mkdir(parents=True, exist_ok=True)
    launchers = [folder / name for name in (PACKAGE, *(f'{node}_node' for node in NODES))]
    for launcher in launchers:
        launcher.write_text(LAUNCHER)
        launcher.chmod(0o755)
    return [(f'lib/{PACKAGE}', [str(launcher) for launcher in launchers])]


def requirements(name):
    """Return the packages of requirements/<name>.in: the direct dependencies, without pins."""
    lines = Path('requirements', f'{name}.in').read_text().splitlines()
    return [line for line in lines if line and not line.startswith('#')]


setup(
    name=PACKAGE,
    version='0.1.0',
    description='Runs vision-language-action policies on ROS 2 robots',
    author='vla_ros developers',
    author_email='dev@vla-ros.invalid',
    license='Apache-2.0',
    python_requires='>=3.11',
    packages=find_packages(include=[PACKAGE, f'{PACKAGE}.*']),
    package_data={'': ['*.yaml', '*.json', '*.xml', '*.c', '*.h', 'py.typed']},
    data_files=[
        ('share/ament_index/resource_index/packages', [f'resource/{PACKAGE}']),
        (f'share/{PACKAGE}', ['package.xml']),
        *shared_files(),
        *node_launchers(),
    ],
    # Not install_requires: on a ROS machine the distribution and the user decide what is there,
    # and colcon's console scripts would refuse to start over a package that is not.
    extras_require={
        'runtime': requirements('runtime'),
        'train': requirements('train'),
        'test': ['pytest'],
    },
    entry_points={
        'console_scripts': [
            f'{PACKAGE} = {PACKAGE}.cli.main:main',
            *(f'{node}_node = {PACKAGE}.{module}:main' for node, module in NODES.items()),
        ],
        # What the stack finds by name and never imports: simulated worlds and how to reset them.
        f'{PACKAGE}.systems': [f'mujoco = {PACKAGE}.tabletop.simulated:SimSystem'],
        f'{PACKAGE}.scenes': [f'mujoco = {PACKAGE}.tabletop.scene_reset:SceneReset'],
        # Kinds of policies, by name; other packages add theirs to the same groups.
        f'{PACKAGE}.experts': [f'pocket = {POCKET}.pocket_expert:make_expert'],
        f'{PACKAGE}.reasoners': [f'pocket = {POCKET}.pocket_reasoner:make_reasoner'],
    },
    zip_safe=False,
)
