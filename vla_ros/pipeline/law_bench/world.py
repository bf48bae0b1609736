"""What the simulated world exerts on the arm: the truth, as an ideal sensor would have it."""

import mujoco
import numpy as np

from vla_ros.data import Array
from vla_ros.sim.hardware import SimHardware


class World:
    """Contacts and pushes at the last physics step, and the weight in the hand.

    Attributes:
        payload: kg in the hand; its weight is felt, what moving it takes is left out.
    """

    def __init__(self, hardware: SimHardware) -> None:
        """Look at one simulation; all contacts in it are the arm's with the table."""
        scene = hardware.scene
        self._model, self._data, self._tcp = scene.model, hardware.data, scene.arms[0].tcp
        self._table = mujoco.mj_name2id(scene.model, mujoco.mjtObj.mjOBJ_GEOM, 'table_top')
        self._hand = int(scene.model.body_parentid[scene.arms[0].tcp])
        self._one, self._moment = np.zeros(6), np.zeros(3)
        self.payload = 0.0

    def table(self) -> float:
        """Return the force that the table carries, N."""
        return sum(self._at(index)[0] for index in self._touching())

    def wrench(self, out: Array) -> Array:
        """Write force and torque (6,) N and Nm on the tcp, base axes, into out."""
        data = self._data
        out[:] = 0.0
        out[3:] = data.xfrc_applied[self._tcp, 3:]
        # It acts at the centre of mass.
        self._press(data.xfrc_applied[self._tcp, :3], data.xipos[self._tcp], out)
        self._press(self.payload * self._model.opt.gravity, data.xipos[self._hand], out)
        for index in self._touching():
            contact, felt = data.contact[index], self._at(index)
            # Rows of the frame are its axes; the force is that on the second geom.
            frame = contact.frame.reshape(3, 3)
            sign = 1.0 if contact.geom[0] == self._table else -1.0
            self._press(sign * felt[:3] @ frame, contact.pos, out)
            out[3:] += sign * felt[3:] @ frame
        return out

    def _press(self, force: Array, place: Array, out: Array) -> None:
        """Add a force (3,) N at a place (3,) m to the wrench on the tcp."""
        mujoco.mju_cross(self._moment, place - self._data.xpos[self._tcp], force)
        out[:3] += force
        out[3:] += self._moment

    def _touching(self) -> list[int]:
        contacts = self._data.contact
        return [i for i in range(self._data.ncon) if self._table in contacts[i].geom]

    def _at(self, index: int) -> Array:
        """Return force and torque (6,) of a contact in its own frame."""
        mujoco.mj_contactForce(self._model, self._data, index, self._one)
        return self._one.copy()
