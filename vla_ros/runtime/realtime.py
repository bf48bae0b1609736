"""RealtimeProcess: the control process, seen from the process that speaks ROS.

rclpy holds the interpreter's lock for hundreds of microseconds at a time, so the 1 kHz loop has
an interpreter of its own. It dies with this process, and holds the arm when this one goes silent.
"""

from dataclasses import dataclass
import json
import os
import subprocess
import sys
import tempfile
import threading
import time

from vla_ros.control.laws import LawPreset
from vla_ros.control.loops.supervisor import Event
from vla_ros.control.loops.targets import Kind
from vla_ros.core import config
from vla_ros.core.data import ActionChunk, Array, ExecutionStatus
from vla_ros.robots import load_robot
from vla_ros.runtime import shm_codec as wire
from vla_ros.runtime import shm_limb as wire_limb
from vla_ros.runtime.limb_link import LimbLink
from vla_ros.runtime.mailbox import LAW_TEXT, Mailbox
from vla_ros.runtime.realtime_config import RealtimeConfig
from vla_ros.runtime.requests import ANCHOR, LAW, SCENE, TARE, Requests
from vla_ros.runtime.shm_codec import SimSnapshot
from vla_ros.runtime.shm_limb import JointGroupSnapshot, MobileBaseSnapshot, Snapshot


@dataclass(frozen=True)
class Death:
    """How the control process ended."""

    code: int  # exit code; negative: the signal
    lines: tuple[str, ...]  # the last it wrote


class RealtimeError(RuntimeError):
    """The control process did not start; the message has its last lines."""


class RealtimeProcess:
    """Starts, feeds and watches the control process. Its methods may be called from any thread.

    Call `beat`, or any of the readers, more often than `config.silent_after`, or the arm holds.
    """

    def __init__(self, settings: RealtimeConfig) -> None:
        """Prepare; nothing runs before `start`."""
        self.config = settings
        self._joints = [limb.n for limb in load_robot(settings.robot).limbs]
        self._mailbox = Mailbox()
        self._process: subprocess.Popen[bytes] | None = None
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the child
        self._requests = Requests(self._mailbox, self.alive)
        self._offering = threading.Lock()

    def start(self, timeout: float = 60.0) -> None:
        """Start the child and wait until its loop runs.

        Raises:
            RealtimeError: it ended, or did not run after `timeout` s.
        """
        environment = dict(os.environ, OMP_NUM_THREADS='1', OPENBLAS_NUM_THREADS='1')
        self.beat()
        self._process = subprocess.Popen(
            [sys.executable, '-m', 'vla_ros.runtime.worker', str(self._mailbox.memory.fd)],
            stdin=subprocess.PIPE,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            pass_fds=(self._mailbox.memory.fd,),
            env=environment,
        )
        assert self._process.stdin is not None
        with self._process.stdin as pipe:
            pipe.write(json.dumps(config.to_tree(self.config)).encode() + b'\n')
        end = time.monotonic() + timeout
        ready = self._mailbox.status if self.config.driven else self._mailbox.sim
        while not ready.version:
            self.beat()
            if not self.alive():
                death = self.death()
                last = '\n'.join(death.lines if death else ())
                raise RealtimeError(f'the control process ended while it started:\n{last}')
            if time.monotonic() > end:
                self.stop()
                raise RealtimeError(f'the control process did not run after {timeout} s')
            time.sleep(0.005)

    def stop(self, timeout: float = 2.0) -> None:
        """End the child, gently, then not; let go of the memory."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._mailbox.close()

    def alive(self) -> bool:
        """Whether the child runs."""
        return self._process is not None and self._process.poll() is None

    def death(self) -> Death | None:
        """Return how the child ended, or None while it runs or before it was started."""
        if self._process is None or self._process.poll() is None:
            return None
        self._log.seek(0)
        lines = self._log.read().decode('utf-8', 'replace').splitlines()[-20:]
        return Death(self._process.returncode, tuple(lines))

    @property
    def pid(self) -> int:
        """The child's process id; 0 before the start."""
        return 0 if self._process is None else self._process.pid

    @property
    def note(self) -> str:
        """How punctual the child was allowed to be, for people."""
        return self._mailbox.life.read()[2][0]

    def cycle(self) -> tuple[float, float]:
        """Return p50 and p99 of a whole cycle over the last second, s.

        The status has those of the tick, from waking up to the command sent; a cycle has the
        physics, the publishing and the next target as well.
        """
        p50, p99 = self._mailbox.cycle.read()[1].tolist()
        return p50, p99

    def beat(self) -> None:
        """Show the child that this process is well."""
        self._mailbox.beat.write((time.monotonic_ns(),))

    def clock(self, now: int, rewinds: int) -> None:
        """Pass on the time of a simulator elsewhere, ns, and how often it has gone back."""
        self._mailbox.clock.write((now, rewinds))

    def offer_chunk(self, chunk: ActionChunk) -> str:
        """Send a chunk; return '' or why it cannot be sent.

        The newest wins. What the queue thinks of it appears in the status.
        """
        cause = wire.chunk_misfit(chunk)
        if not cause:
            with self._offering:
                wire.put_chunk(self._mailbox.chunk, chunk)
        return cause

    def target(self, kind: Kind, stamp: int, values: Array, limb: int = 0) -> None:
        """Send a limb's target of `stamp` (ns) that has been checked; the status says the rest."""
        with self._offering:
            wire.put_target(self._mailbox.limbs[limb].targets[kind], stamp, values)

    def adopt(self, preset: LawPreset, limb: int = 0, timeout: float = 1.0) -> str:
        """Change a limb's law or gains, without a bump; return '' or a cause."""
        text = json.dumps(config.to_tree(preset))
        if len(text) > LAW_TEXT:
            return f'law: expected at most {LAW_TEXT} bytes, got {len(text)}'
        with self._offering:
            self._mailbox.law.write(texts=(text,))
        return self._requests.post(LAW, str(limb), timeout)

    def joint_states(
        self, stamp: int, q: Array, dq: Array, gripper: float, limb: int = 0,
        effort: Array | None = None,
    ) -> None:  # fmt: skip
        """Pass on what a real limb measured: (n,) rad, rad/s, Nm in the spec's order; m."""
        with self._offering:
            wire_limb.put_driver(self._mailbox.limbs[limb].driver, stamp, q, dq, gripper, effort)

    def odom(self, stamp: int, pose: Array, twist: Array, limb: int) -> None:
        """Pass on what a real mobile base measured: (3,) m, m, rad and (3,) m/s, m/s, rad/s."""
        with self._offering:
            wire_limb.put_driver(self._mailbox.limbs[limb].driver, stamp, pose, twist, 0.0)

    def post(self, event: Event, text: str = '', timeout: float = 0.5) -> str:
        """Send an event to the supervisor; return '' or the cause of its refusal."""
        return self._requests.post(int(event), text, timeout)

    def reset_scene(self, seed: int, family: str = '', timeout: float = 2.0) -> str:
        """Lay the simulated scene out by seed and family, arm at home; return '' or a cause."""
        return self._requests.post(SCENE, f'{seed} {family}'.strip(), timeout)

    def tare(self, timeout: float = 0.5) -> str:
        """Begin a tare of the force sensor; return '' or a cause."""
        return self._requests.post(TARE, '', timeout)

    def anchor(self, timeout: float = 0.5) -> str:
        """Take the robot up where it is, for others may have moved it; return '' or a cause.

        What is commanded of arms and joint groups can be read again from the first tick that does.
        """
        return self._requests.post(ANCHOR, '', timeout)

    def wrench(self, stamp: int, values: Array, limb: int = 0) -> None:
        """Pass on a force sensor's reading (6,) N and Nm, sensor frame."""
        with self._offering:
            self._mailbox.limbs[limb].wrench.write((stamp,), values)

    def limb(self, index: int) -> LimbLink:
        """Return what concerns one limb."""
        return LimbLink(self, index)

    def status(self) -> ExecutionStatus:
        """Return the newest status."""
        self.beat()
        return wire.get_status(self._mailbox.status)

    @property
    def unheard(self) -> list[int]:
        """Numbers of the limbs of which it is not known where they are."""
        boxes = self._mailbox.limbs[: len(self._joints)]
        return [i for i, box in enumerate(boxes) if not wire_limb.known(box.state)]

    def state(self, limb: int = 0, lost: bool = False) -> Snapshot | None:
        """Return an arm's newest measured and commanded state, and what was sent.

        None while a real robot is not heard of: what is commanded then is for where it was.
        `lost`: not None where it has only been silent since, for what brakes it.
        """
        self.beat()
        return wire_limb.get_state(self._mailbox.limbs[limb].state, self._joints[limb], lost)

    def joint_group(self, limb: int, lost: bool = False) -> JointGroupSnapshot | None:
        """Return a joint group's newest state, likewise."""
        self.beat()
        return wire_limb.get_joint_group(self._mailbox.limbs[limb].state, self._joints[limb], lost)

    def mobile_base(self, limb: int) -> MobileBaseSnapshot | None:
        """Return a mobile base's newest state; None before it was first heard of.

        Its stamp is that of the last tick: one that stands still is of a process that does.
        """
        self.beat()
        return wire_limb.get_mobile_base(self._mailbox.limbs[limb].state)

    def sim_state(self) -> SimSnapshot | None:
        """Return the newest state of the simulated world; None for a real robot."""
        self.beat()
        if not self._mailbox.sim.version:
            return None
        return wire.get_sim(self._mailbox.sim)
