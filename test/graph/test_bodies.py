"""Robots of several limbs: one chunk moves all of them, and when it is over all stand still."""

from fake_policy import DRIVE, write_fake_policy
import numpy as np
import pytest

from vla_ros.core.data import Mode
from vla_ros.robots import load_robot
from vla_ros.ros import qos


pytestmark = [pytest.mark.ros, pytest.mark.slow]
TASKS = {
    'aloha': 'put the red cube in the bowl with the left arm',
    'humanoid': 'drive to the table and pick up the red cube',
}


class Limb:
    """What is commanded of one limb."""

    def __init__(self, graph, limb):
        self.kind, self.values = limb.kind, []
        graph.client.subscribe(qos.COMMANDED[self.kind].of(limb.name), self._heard)

    def _heard(self, message):
        if self.kind == 'arm':
            point = message.pose.position
            self.values.append([point.x, point.y, point.z])
        elif self.kind == 'joint_group':
            self.values.append(list(message.position))
        else:
            self.values.append([message.twist.linear.x])

    def moved(self, start):
        if self.kind == 'mobile_base':
            return self.values[-1][0] > 0.9 * DRIVE[0]
        return np.linalg.norm(np.subtract(self.values[-1], start)) > 0.02

    def rests(self):
        if self.kind == 'mobile_base':
            return self.values[-1] == [0.0]
        return len(self.values) > 20 and self.values[-20] == self.values[-1]


@pytest.mark.parametrize('name', TASKS)
def test_one_chunk_moves_every_limb_and_then_all_of_them_rest(start, name, tmp_path):
    policy = write_fake_policy(tmp_path / 'policy', name=name, velocity=(0.0, 0.0, 0.03))
    graph = start(policy, robot=name, instruction=TASKS[name])
    limbs = [Limb(graph, limb) for limb in load_robot(name).limbs]
    graph.until(lambda: all(limb.values for limb in limbs), 'a limb is silent')
    begun = [limb.values[0] for limb in limbs]
    for limb, first in zip(limbs, begun, strict=True):
        graph.until(lambda limb=limb, first=first: limb.moved(first), f'{limb.kind}: it rests')
    assert graph.status.mode is Mode.RUN and not graph.status.refused_chunks
    graph.kill('expert')
    graph.until(lambda: graph.status.mode is Mode.HOLD, 'it does not hold', 5.0)
    for limb in limbs:
        graph.until(limb.rests, f'{limb.kind}: it goes on')
