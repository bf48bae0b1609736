import time

import pytest
from robot_feed import RobotFeed

from vla_ros.core.data import SECOND
from vla_ros.policies import load_policy
from vla_ros.ros.convert import from_time, latent_from_msg
from vla_ros.ros.nodes.reasoner import ReasonerNode


TASK = 'pick up the red cube'


def test_latents_are_of_the_episode_and_come_at_the_rate(bench, topics, fake_policy):
    bench.start(ReasonerNode, policy=str(fake_policy), rate=10.0)
    latents = bench.listen(topics.LATENT)
    feed = RobotFeed(bench, status=False)
    feed.run(lambda: feed.count > 5, '')
    assert not latents  # there is no instruction yet
    feed.episode(TASK, 'e7')
    feed.run(lambda: len(latents) >= 8, 'no latents')
    spans = (from_time(latents[-1].header.stamp) - from_time(latents[1].header.stamp)) / SECOND
    assert spans / (len(latents) - 2) == pytest.approx(0.1, rel=0.35)
    latent = latent_from_msg(latents[-1])
    assert (latent.episode_id, latent.instruction) == ('e7', TASK)
    assert latent.model == load_policy(fake_policy).spec.model and latent.grounded
    assert latent.stamp <= latent.inference_start <= latent.inference_end
    feed.episode(TASK, 'e7', event='end', outcome='success')
    feed.run(lambda: feed.count > 40, '')
    count = len(latents)
    feed.run(lambda: feed.count > 50, '')
    assert len(latents) == count


@pytest.mark.parametrize('text', ['pick up the frobnitz', 'подними красный кубик'])
def test_what_cannot_be_grounded_is_refused_with_a_reason(bench, topics, fake_policy, text):
    bench.start(ReasonerNode, policy=str(fake_policy))
    latents = bench.listen(topics.LATENT)
    feed = RobotFeed(bench, status=False)
    feed.episode(text)
    feed.run(lambda: latents, 'no latent')
    assert not latents[0].grounded and latents[0].refusal


def test_an_extra_delay_holds_latents_back_and_nothing_else(bench, topics, fake_policy):
    bench.start(ReasonerNode, policy=str(fake_policy), extra_delay=0.8)
    latents = bench.listen(topics.LATENT)
    feed = RobotFeed(bench, status=False)
    feed.episode(TASK)
    arrived = []
    count = feed.run(lambda: latents and feed.count, 'no latent')
    arrived.append(time.time_ns())
    assert count > 12  # the node took pictures all the while
    assert (arrived[0] - from_time(latents[0].header.stamp)) / SECOND >= 0.8
    late = from_time(latents[0].inference_end) - from_time(latents[0].inference_start)
    assert late / SECOND >= 0.79


def test_a_wrong_camera_gives_no_latent(bench, topics, fake_policy):
    bench.start(ReasonerNode, policy=str(fake_policy))
    latents = bench.listen(topics.LATENT)
    feed = RobotFeed(bench, status=False)
    feed.episode(TASK)
    feed.run(lambda: feed.count > 20, '', size=64)
    assert not latents


@pytest.mark.parametrize('damage', ['truncated', 'missing'])
def test_damaged_weights_fail_configure(bench, fake_policy, tmp_path, damage):
    import shutil

    broken = shutil.copytree(fake_policy, tmp_path / 'broken')
    weights = broken / 'reasoner.onnx'
    if damage == 'missing':
        weights.unlink()
    else:
        weights.write_bytes(weights.read_bytes()[:-10])
    node = bench.host(ReasonerNode, policy=str(broken))
    assert node.trigger_configure().name == 'FAILURE'
