"""What the simulated world exerts on the arm: the truth, as an ideal sensor would have it."""

import mujoco
import numpy as np

from vla_ros.core.data import Array
from vla_ros.tabletop.world.contacts import Contacts
from vla_ros.tabletop.world.hardware import SimHardware


class World:
    """Contacts and pushes at the last physics step, and the weight in the hand.

    Attributes:
        payload: kg in the hand; its weight is felt, what moving it takes is left out.
    """

    def __init__(self, hardware: SimHardware) -> None:
        """Look at one simulation; all contacts in it are the arm's with the table."""
        scene = hardware.scene
        tcp = scene.arms[0].tcp
        self._model, self._data, self._tcp = scene.model, hardware.data, tcp
        self._contacts = Contacts(scene.model, hardware.data, tcp)
        self._hand = int(scene.model.body_parentid[tcp])
        self._moment = np.zeros(3)
        self.payload = 0.0

    def table(self) -> float:
        """Return the force that the table carries, N."""
        return self._contacts.normal()

    def wrench(self, out: Array) -> Array:
        """Write force and torque (6,) N and Nm on the tcp, base axes, into out."""
        data = self._data
        out[:] = 0.0
        out[3:] = data.xfrc_applied[self._tcp, 3:]
        # It acts at the centre of mass.
        self._press(data.xfrc_applied[self._tcp, :3], data.xipos[self._tcp], out)
        self._press(self.payload * self._model.opt.gravity, data.xipos[self._hand], out)
        return self._contacts.wrench(data.xpos[self._tcp], out)

    def _press(self, force: Array, place: Array, out: Array) -> None:
        """Add a force (3,) N at a place (3,) m to the wrench on the tcp."""
        mujoco.mju_cross(self._moment, place - self._data.xpos[self._tcp], force)
        out[:3] += force
        out[3:] += self._moment
