import math

import numpy as np
from robot_feed import SPEC, RobotFeed

from vla_ros.core import data
from vla_ros.ros import convert
from vla_ros.ros.nodes.detector import DetectorNode


def chunk(seq):
    actions = np.zeros((16, 8))
    actions[:, 6] = 1.0
    return data.ActionChunk(
        seq, seq, 1, 0.1, 'franka', 'm:h', SPEC.channels, 'ee_pose', 0.1, actions, 0, 0, 1.6
    )


def test_without_a_calibration_it_says_that_nothing_is_promised(bench, topics, fake_policy):
    bench.start(DetectorNode, policy=str(fake_policy))
    verdicts = bench.listen(topics.FAILURE)
    RobotFeed(bench).episode('pick up the red cube')
    bench.until(lambda: bench.node._detector.episode_id == 'e1')
    assert bench.node._detector.task == 'pick'
    bench.until(
        lambda: bench.send(topics.ACTION_CHUNK, convert.chunk_to_msg(chunk(4))) or verdicts
    )
    verdict = convert.failure_from_msg(verdicts[0])
    assert verdict.chunk_seq == 4 and not verdict.alarm
    assert verdict.guarantee is data.Guarantee.NONE and verdict.cause == 'no calibration'
    assert not math.isnan(verdict.p_value)


def test_a_calibration_that_is_not_there_fails_configure(bench, fake_policy):
    node = bench.host(DetectorNode, policy=str(fake_policy), calibration='/nowhere.json')
    assert node.trigger_configure().name == 'FAILURE'
