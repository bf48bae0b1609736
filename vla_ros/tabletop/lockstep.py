"""The whole pipeline on a simulated clock: no ROS, no waiting, the same stages.

Delays are simulated, not measured: a latent becomes visible `reasoner_delay + extra_delay` after
its observation and a chunk `expert_delay` after its own, so that a run is the same on any machine.
"""

from collections import deque
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from vla_ros.control.loops.supervisor import Event
from vla_ros.core.data import (
    SECOND,
    ActionChunk,
    BodyState,
    Image,
    Latent,
    Observation,
    RobotState,
)
from vla_ros.observe.image import fit_image
from vla_ros.observe.past import kept, past
from vla_ros.observe.stamped import Stamped
from vla_ros.policies.chunk_maker import ChunkMaker
from vla_ros.policies.execution import Execution
from vla_ros.policies.expert import EpisodeInfo
from vla_ros.policies.latent_maker import LatentMaker
from vla_ros.robots.robot import Robot
from vla_ros.runtime.controller import ChunkController
from vla_ros.tabletop.lockstep_config import LockstepConfig
from vla_ros.tabletop.simulated import Scenes
from vla_ros.tabletop.world.cameras import CameraRenderer
from vla_ros.tabletop.world.hardware import SimHardware
from vla_ros.tabletop.world.layout import Layout
from vla_ros.tabletop.world.scene import Scene
from vla_ros.tabletop.world.state import WorldState


_STATES = 200.0  # Hz, of the states that a history is made of, as of joint_states


class Judge(Protocol):
    """Decides when an instruction is over; `sim.tasks.Progress` is one."""

    success: bool
    reason: str

    def update(self, state: WorldState) -> bool:
        """Take in the newest state; return whether the episode is over."""


@dataclass
class Rollout:
    """What came of one instruction."""

    success: bool = False
    refused: bool = False
    reason: str = 'timeout'
    seconds: float = 0.0  # simulated, from the instruction to its end
    chunks: list[ActionChunk] | None = None  # every chunk, for the detector's calibration
    latent_age: float = 0.0  # s, mean over the chunks
    seam_jump: float = 0.0  # m, greatest

    def keep(self, chunk: ActionChunk) -> None:
        """Remember a chunk, where all are asked for."""
        if self.chunks is not None:
            self.chunks.append(chunk)


class Lockstep:
    """Robot, scene, policy and control loop of one process; runs one instruction after another."""

    def __init__(
        self,
        spec: Robot,
        reasoner: LatentMaker | None,
        expert: ChunkMaker,
        config: LockstepConfig | None = None,
        scene: Scene | None = None,
    ) -> None:
        """Build scene, cameras and control loop; see `policies.makers.make_policy`."""
        self.spec = spec
        self.config = config or LockstepConfig()
        self.scene = scene or Scene(spec)
        self.renderer = CameraRenderer(self.scene)
        self._reasoner = reasoner
        self._expert = expert
        makers = [maker for maker in (reasoner, expert) if maker is not None]
        self._wanted = {
            image.camera: image for m in makers for image in m.features.images.values()
        }
        histories = [maker.features.history for maker in makers]
        self._history = tuple(sorted({ago for history in histories for ago in history} | {0.0}))
        self._every = max(round(spec.control_rate / _STATES), 1)  # ticks
        self._dt = round(SECOND / spec.control_rate)
        self._steps = round(1 / (spec.control_rate * self.scene.config.physics.timestep))
        self.scenes = Scenes(spec, self.scene.config)
        self._seq = 0
        self._episodes = 0
        self._now = 0  # ns

    def reset(self, layout: Layout) -> None:
        """Put the scene into `layout`, the arm at home and at rest."""
        self.hardware = SimHardware(self.scene, layout)
        self.renderer.show(layout)
        self._now = self._ticks = self._begun = 0
        long = kept(self._history)
        self._states: Stamped[RobotState | BodyState] = Stamped('states', long)
        self._pictures: dict[str, Stamped[Image]] = {
            image.camera: Stamped(image.camera, long)
            for image in self._wanted.values()
            if image.history and len(self._history) > 1
        }
        self.execution = ChunkController(self.spec, self.hardware.limbs, self.config.queue)
        self._tick()

    def run(
        self, instruction: str, judge: Judge, keep_chunks: bool = False, name: str = ''
    ) -> Rollout:
        """Carry out an instruction until it is judged done, refused or out of time.

        What is drawn at random is the same wherever an episode has this name.
        """
        config, rollout = self.config, Rollout(chunks=[] if keep_chunks else None)
        start = self._begun = self._now
        self._episodes += 1
        episode = EpisodeInfo(f'lockstep-{name or self._episodes}', instruction)
        self.execution.post(Event.START, instruction)
        latents: deque[tuple[int, Latent]] = deque()  # (visible from, latent)
        arrivals: deque[tuple[int, ActionChunk]] = deque()
        latent: Latent | None = None
        next_reason, frame, period = start, 0, SECOND / config.camera_rate
        ages: list[float] = []
        while (now := self._now) - start < config.timeout * SECOND:
            observation = self.observe(instruction)
            if self._reasoner is not None and now >= next_reason:
                next_reason = self._reason(self._reasoner, observation, episode, latents)
            while latents and latents[0][0] <= now:
                latent = latents.popleft()[1]
            if latent is not None and not latent.grounded:
                rollout.refused, rollout.reason = latent.verdict == 'refuse', latent.refusal
                break
            ready = latent is not None or not self._expert.needs_latent
            if ready and frame % config.expert_every == 0:
                chunk = self._act(observation, episode, latent, arrivals)
                ages.append(chunk.latent_age)
                rollout.keep(chunk)
            frame += 1
            self._advance(start + round(frame * period), arrivals, rollout)
            if judge.update(self._world()):
                rollout.success, rollout.reason = judge.success, judge.reason
                break
        self.execution.post(Event.FINISH)
        rollout.seconds = (self._now - start) / SECOND
        rollout.latent_age = float(np.mean(ages or [0.0]))
        return rollout

    def _reason(
        self,
        reasoner: LatentMaker,
        observation: Observation,
        episode: EpisodeInfo,
        latents: deque[tuple[int, Latent]],
    ) -> int:
        """Send a latent on its way; return when to reason next, ns."""
        config = self.config
        made = reasoner.reason(observation, episode, self._next_seq())
        wait = config.reasoner_delay + config.extra_delay
        latents.append((self._now + round(wait * SECOND), made))
        return self._now + round(max(wait, 1 / config.reasoner_rate) * SECOND)

    def _act(
        self,
        observation: Observation,
        episode: EpisodeInfo,
        latent: Latent | None,
        arrivals: deque[tuple[int, ActionChunk]],
    ) -> ActionChunk:
        """Send a chunk on its way, and return it."""
        chunk = self._expert.act(observation, episode, latent, self._next_seq(), self._execution())
        arrivals.append((self._now + round(self.config.expert_delay * SECOND), chunk))
        return chunk

    def _advance(
        self, until: int, arrivals: deque[tuple[int, ActionChunk]], rollout: Rollout
    ) -> None:
        """Tick until `until` ns, handing over chunks as they arrive."""
        while self._now < until:
            while arrivals and arrivals[0][0] <= self._now:
                chunk = arrivals.popleft()[1]
                self.execution.offer(chunk, self._now)
            self._tick()
            rollout.seam_jump = max(rollout.seam_jump, self.execution.queue.seam_jump)

    def _tick(self) -> None:
        self.execution.tick(self._now)
        if len(self._history) > 1 and not self._ticks % self._every:
            self._states.offer(self._now, self.execution.state())
        self._ticks += 1
        self.hardware.step(self._steps)
        self._now += self._dt

    def _execution(self) -> Execution | None:
        """Return which chunk is executed, as the control node would say it."""
        queue = self.execution.queue
        if queue.chunk is None:
            return None
        stamp = self.execution.loop.stamp
        return Execution(stamp, queue.chunk.stamp, queue.step, max(queue.delay, 0))

    def _world(self) -> WorldState:
        commands = [limb.loop.command() for limb in self.execution.arms]
        return self.hardware.world([(c.target, c.gripper) for c in commands])

    def observe(self, instruction: str) -> Observation:
        """Return what the policy may look at now."""
        images: dict[str, Image] = {
            camera.name: self.renderer.render(camera.name, self.hardware.data.qpos)
            for camera in self.spec.cameras
        }
        for name, wanted in self._wanted.items():
            images[name] = fit_image(images[name], wanted)
        for name, seen in self._pictures.items():
            seen.offer(self._now, images[name])
        before = past(self._history, self._now, self._begun, self._state_at, self._pictures)
        return Observation(self._now, images, self.execution.state(), instruction, before)

    def _state_at(self, then: int) -> RobotState | BodyState:
        return self._states.at(then, self._begun)[1]

    def _next_seq(self) -> int:
        self._seq += 1
        return self._seq
