"""`vla_ros doctor`: is everything there that the stack needs, and what to do where it is not."""

from collections.abc import Callable
from dataclasses import dataclass
import importlib.util
import os
from pathlib import Path
import shutil
import time

from rich.console import Console
from rich.table import Table
import typer

from vla_ros.cli import options
from vla_ros.core.paths import share_dir
from vla_ros.evaluate.report import write_report
from vla_ros.policies import load_policy
from vla_ros.policies.makers import make_policy
from vla_ros.robots import load_robot


NAME = 'doctor'
_MIN_DISK = 1.0  # GiB that a demo and its bags may need


@dataclass(frozen=True)
class Finding:
    """One check: what was looked at, whether it is well, and what was found or is to be done."""

    name: str
    ok: bool
    detail: str


def command(
    robot: options.Robot = 'franka',
    policy: options.Policy = '',
    report: options.Report = None,
) -> None:
    """Check the installation, the robot's files, its policy and the machine."""
    checks: list[tuple[str, Callable[[], str]]] = [
        (
            'ROS 2 client library',
            lambda: _module('rclpy', 'run `make setup`, or source ROS 2 Jazzy'),
        ),
        ('interfaces', lambda: _module('vla_ros_msgs', 'build vla_ros_msgs: run `make setup`')),
        ('training (optional)', _torch),
        ('robot', lambda: _robot(robot)),
        ('policy', lambda: _policy(policy or f'policies/{robot}/pocket', robot)),
        ('rendering', lambda: _rendering(robot)),
        ('middleware profile', _middleware),
        ('real-time scheduling', _scheduling),
        ('timer', _timer),
        ('disk', _disk),
    ]
    findings = [_run(name, check) for name, check in checks]
    table = Table(title=f'vla_ros doctor: {robot}', show_lines=False)
    for column in ('check', '', 'found'):
        table.add_column(column)
    for finding in findings:
        mark = '[green]ok[/]' if finding.ok else '[red]no[/]'
        table.add_row(finding.name, mark, finding.detail)
    Console().print(table)
    if report is not None:
        tree = {'robot': robot, 'ok': all(f.ok for f in findings), 'findings': findings}
        write_report(report, NAME, tree)
    if not all(f.ok for f in findings):
        raise typer.Exit(1)


def _run(name: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(name, True, check())
    except Exception as error:  # a check that cannot run is a finding, not a crash
        return Finding(name, False, str(error))


def _module(name: str, remedy: str) -> str:
    spec = importlib.util.find_spec(name)
    if spec is None:
        raise RuntimeError(f'{name} cannot be imported: {remedy}')
    return str(Path(spec.origin).parent) if spec.origin else name


def _torch() -> str:
    present = importlib.util.find_spec('torch') is not None
    return 'torch is here' if present else 'no torch: `vla_ros train` needs it, nothing else does'


def _robot(robot: str) -> str:
    from vla_ros.robots.model import RobotModel

    spec = load_robot(robot)
    for limb in spec.arms:
        RobotModel(limb)
    return f'{spec.n} joints, {len(spec.cameras)} cameras, control at {spec.control_rate:.0f} Hz'


def _policy(path: str, robot: str) -> str:
    policy = load_policy(path)
    # Built, too: a kind that is not installed or a robot that lacks a camera is named here.
    make_policy(policy, load_robot(robot), other_robot=True)
    size = sum(policy.file(name).stat().st_size for name in policy.spec.files)
    return f'{policy.spec.model}, {size / 1e6:.1f} MB'


def _rendering(robot: str) -> str:
    from vla_ros.tabletop.world.cameras import CameraRenderer
    from vla_ros.tabletop.world.scene import Scene

    spec = load_robot(robot)
    scene = Scene(spec)
    renderer = CameraRenderer(scene)
    start = time.perf_counter()
    image = renderer.render(spec.cameras[0].name, scene.model.qpos0)
    milliseconds = (time.perf_counter() - start) * 1e3
    renderer.close()
    backend = os.environ.get('MUJOCO_GL', '?')
    return f'{backend}, {image.shape[1]}x{image.shape[0]} in {milliseconds:.0f} ms'


def _middleware() -> str:
    path = share_dir() / 'config' / 'fastdds.xml'
    if not path.is_file():
        raise RuntimeError(f'{path} is missing: large images would be lost')
    return str(path)


def _scheduling() -> str:
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    except PermissionError:
        return 'not permitted: grant `rtprio` in /etc/security/limits.conf for steadier ticks'
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    return 'SCHED_FIFO permitted'


def _timer() -> str:
    late = []
    for _ in range(100):
        start = time.perf_counter()
        time.sleep(0.0005)
        late.append(time.perf_counter() - start - 0.0005)
    worst = max(late) * 1e6
    if sorted(late)[50] > 0.001:
        raise RuntimeError(f'sleeping is {worst:.0f} us late: a 1 kHz loop will miss deadlines')
    return f'sleep is {sorted(late)[50] * 1e6:.0f} us late (median), {worst:.0f} us at worst'


def _disk() -> str:
    free = shutil.disk_usage('.').free / 2**30
    if free < _MIN_DISK:
        raise RuntimeError(
            f'{free:.1f} GiB free here, at least {_MIN_DISK} GiB are needed for bags'
        )
    return f'{free:.0f} GiB free'
