"""What touches the robot, and how hard: contacts at the last physics step, and their history."""

from dataclasses import dataclass, field

import mujoco
import numpy as np

from vla_ros.core.data import Array


class Contacts:
    """Forces of the contacts between the robot and everything else at the last physics step."""

    def __init__(self, model: mujoco.MjModel, data: mujoco.MjData, part: int) -> None:
        """Look at one simulation; body `part` is the robot's, and so is what hangs together."""
        self._model, self._data = model, data
        roots = model.body_rootid
        self._own = (roots[model.geom_bodyid] == roots[part]).tolist()
        self._one, self._moment = np.zeros((2, 6))

    def normal(self) -> float:
        """Return the sum of the normal forces, N."""
        return sum(float(self._at(index)[0]) for index, _ in self._touching())

    def force(self) -> tuple[float, float, float]:
        """Return the sum of the forces on the robot (3,) N, base axes."""
        x = y = z = 0.0
        touching = self._touching()
        if not touching:
            return x, y, z
        frames = self._data.contact.frame
        for index, sign in touching:
            normal, one, other = self._at(index)[:3].tolist()
            # Rows of the frame are its axes; the force is that on the second geom.
            a, b, c, d, e, f, g, h, i = frames[index].tolist()
            x += sign * (normal * a + one * d + other * g)
            y += sign * (normal * b + one * e + other * h)
            z += sign * (normal * c + one * f + other * i)
        return x, y, z

    def wrench(self, place: Array, out: Array) -> Array:
        """Add force and torque (6,) N and Nm on the robot about a place (3,) m to out."""
        moment = self._moment[:3]
        for index, sign in self._touching():
            contact, felt = self._data.contact[index], self._at(index)
            frame = contact.frame.reshape(3, 3)
            force = sign * felt[:3] @ frame
            mujoco.mju_cross(moment, contact.pos - place, force)
            out[:3] += force
            out[3:] += moment + sign * felt[3:] @ frame
        return out

    def _touching(self) -> list[tuple[int, float]]:
        """Return the contacts with the sign that makes their forces those on the robot."""
        if not self._data.ncon:
            return []
        own, pairs = self._own, self._data.contact.geom.tolist()
        return [(i, 1.0 if own[b] else -1.0) for i, (a, b) in enumerate(pairs) if own[a] != own[b]]

    def _at(self, index: int) -> Array:
        """Return force and torque (6,) of a contact in its own frame."""
        mujoco.mj_contactForce(self._model, self._data, index, self._one)
        return self._one


@dataclass(frozen=True)
class Touch:
    """What the hand has felt since the scene was reset."""

    # N that the world exerts on the robot, base axes, low-passed
    force: Array = field(default_factory=lambda: np.zeros(3))
    peak: float = 0.0  # N, the greatest force so far, not low-passed
    seconds: float = 0.0  # in which anything was touched
    in_band: float = 0.0  # s of these with an upward force within a band

    @property
    def share(self) -> float:
        """Share of the time of contact that was in the band; NaN before any contact."""
        return self.in_band / self.seconds if self.seconds else float('nan')


class TouchMeter:
    """Follows the contacts, physics step by physics step.

    Attributes:
        peak: the greatest force so far, N. up: the upward force on the robot at the last step, N.
    """

    _SETTLING = 0.02  # s, time constant of the low pass

    def __init__(self, contacts: Contacts, dt: float, band: tuple[float, float]) -> None:
        """Measure every `dt` s; `band` is in N."""
        self._contacts, self._dt, self._band = contacts, dt, band
        self._share = dt / (self._SETTLING + dt)
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self._force = (0.0, 0.0, 0.0)
        self.peak, self._steps, self._good = 0.0, 0, 0
        self.up = 0.0

    def update(self) -> None:
        """Take in the physics step that has just been made."""
        x, y, z = self._contacts.force()
        share, (u, v, w) = self._share, self._force
        self._force = (u + share * (x - u), v + share * (y - v), w + share * (z - w))
        self.up = z
        greatest = x * x + y * y + z * z
        if greatest > 1e-4:
            self.peak = max(self.peak, greatest**0.5)
            self._steps += 1
            self._good += self._band[0] <= z <= self._band[1]

    def touch(self) -> Touch:
        """Return what has been felt."""
        return Touch(
            np.array(self._force), self.peak, self._steps * self._dt, self._good * self._dt
        )
