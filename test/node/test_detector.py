import math

import numpy as np
from robot_feed import SPEC, RobotFeed, latent

from vla_ros.core import data
from vla_ros.policies import load_policy
from vla_ros.ros import convert
from vla_ros.ros.nodes.detector import DetectorNode


def chunk(seq):
    actions = np.zeros((16, 8))
    actions[:, 6] = 1.0
    return data.ActionChunk(
        seq,
        seq,
        1,
        0.1,
        'franka',
        'm:h',
        SPEC.channels,
        ('pose',) * 7 + ('gripper',),
        0.1,
        actions,
        0,
        0,
        1.6,
    )


def test_without_a_calibration_it_says_that_nothing_is_promised(bench, topics, fake_policy):
    bench.start(DetectorNode, policy=str(fake_policy))
    verdicts = bench.listen(topics.FAILURE)
    RobotFeed(bench).episode('pick up the red cube')
    bench.until(lambda: bench.node._detector.episode_id == 'e1')
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


def test_the_task_is_what_the_policy_first_calls_it(bench, topics, fake_policy):
    bench.start(DetectorNode, policy=str(fake_policy))
    feed, spec = RobotFeed(bench), load_policy(fake_policy).spec
    detector = bench.node._detector
    feed.episode('whatever it takes', 'e1')
    bench.until(lambda: detector.episode_id == 'e1')
    assert detector.task == ''  # words say nothing
    for name, task, fields in [
        ('e0', 'stack', {}),  # of another episode
        ('e1', 'put', {'refusal': 'unknown word'}),
        ('e1', '', {}),
        ('e1', 'push', {}),
        ('e1', 'pick', {}),  # a second thought
    ]:
        bench.send(topics.LATENT, latent(spec, 'whatever it takes', name, task=task, **fields))
        bench.spin(0.1)
    bench.until(lambda: detector.task == 'push')
    feed.episode('and again', 'e2')
    bench.until(lambda: detector.episode_id == 'e2')
    assert detector.task == ''


def test_a_latent_may_come_before_the_episode_that_it_is_for(bench, topics, fake_policy):
    bench.start(DetectorNode, policy=str(fake_policy))
    bench.send(topics.LATENT, latent(load_policy(fake_policy).spec, 'x', 'e5', task='put'))
    bench.until(lambda: bench.node._named == ('e5', 'put'))
    RobotFeed(bench).episode('x', 'e5')
    bench.until(lambda: bench.node._detector.task == 'put')
