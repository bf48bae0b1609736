import numpy as np
import pytest
from robot_feed import RobotFeed, latent

from vla_ros.policies import load_policy
from vla_ros.ros.convert import chunk_from_msg
from vla_ros.ros.nodes.expert import ExpertNode


TASK = 'pick up the red cube'


@pytest.fixture
def policy(fake_policy):
    return load_policy(fake_policy).spec


@pytest.fixture
def feed(bench, fake_policy):
    bench.start(ExpertNode, policy=str(fake_policy))
    return RobotFeed(bench)


def test_chunks_come_at_the_rate_and_carry_the_image_stamp(bench, topics, feed, policy):
    chunks = bench.listen(topics.ACTION_CHUNK)
    feed.episode(TASK)
    bench.send(topics.LATENT, latent(policy, TASK))
    feed.run(lambda: len(chunks) > 10, 'no chunks')
    chunk = chunk_from_msg(chunks[-1])
    assert chunk.stamp in feed.stamps
    assert chunk.latent_seq == 1 and chunk.robot == 'franka' and chunk.model == policy.model
    assert chunk.actions.shape == (policy.expert['horizon'], 8)
    assert chunk.actions[-1, 1] == pytest.approx(0.04 * 1.6, abs=1e-6)
    assert [c.seq for c in chunks] == sorted({c.seq for c in chunks})


@pytest.mark.parametrize(
    'fields',
    [
        {'name': 'another'}, {'instruction': 'pick up the blue cube'}, {'space': 'other'},
        {'refusal': 'no such thing'}, {'stamp': 1},
    ],
    ids=lambda fields: next(iter(fields)),
)  # fmt: skip
def test_a_latent_that_is_not_for_this_moves_nothing(bench, topics, feed, policy, fields):
    chunks = bench.listen(topics.ACTION_CHUNK)
    feed.episode(TASK)
    bench.send(topics.LATENT, latent(policy, **{'instruction': TASK, **fields}))
    for _ in range(15):
        feed.moment()
        bench.spin(0.03)
    assert not chunks


def test_it_goes_on_with_an_old_latent_until_that_expires(bench, topics, feed, policy):
    chunks = bench.listen(topics.ACTION_CHUNK)
    feed.episode(TASK)
    bench.send(topics.LATENT, latent(policy, TASK, valid_for=1.0))
    feed.run(lambda: chunks and chunks[-1].latent_age > 0.7, 'it did not go on')
    for _ in range(20):
        feed.moment()
        bench.spin(0.03)
    assert chunks[-1].latent_age <= 1.0
    count = len(chunks)
    feed.run(lambda: feed.count > 60, '')
    assert len(chunks) == count


def test_a_latent_that_came_before_its_episode_is_kept(bench, topics, feed, policy):
    chunks = bench.listen(topics.ACTION_CHUNK)
    bench.send(topics.LATENT, latent(policy, TASK))
    feed.run(lambda: feed.count > 5, '')
    feed.episode(TASK)
    feed.run(lambda: chunks, 'the replayed latent was not used')


def test_it_stops_when_the_control_node_falls_silent(bench, topics, feed, policy):
    chunks = bench.listen(topics.ACTION_CHUNK)
    feed.episode(TASK)
    bench.send(topics.LATENT, latent(policy, TASK, valid_for=60.0))
    feed.run(lambda: chunks, 'no chunks')
    feed.run(lambda: feed.count > 60, '', status=False)
    count = len(chunks)
    for _ in range(10):
        feed.moment(status=False)
        bench.spin(0.03)
    assert len(chunks) == count
    feed.run(lambda: len(chunks) > count, 'it did not come back')


@pytest.mark.parametrize('moment', [{'cameras': ('front',)}, {'size': 64}], ids=str)
def test_a_camera_that_is_silent_or_of_the_wrong_size_stops_it(
    bench, topics, feed, policy, moment
):
    chunks = bench.listen(topics.ACTION_CHUNK)
    feed.episode(TASK)
    bench.send(topics.LATENT, latent(policy, TASK, valid_for=60.0))
    feed.run(lambda: chunks, 'no chunks')
    feed.run(lambda: feed.count > 45, '', **moment)
    count = len(chunks)
    for _ in range(10):
        feed.moment(**moment)
        bench.spin(0.03)
    assert len(chunks) == count


@pytest.mark.parametrize('parameters', [{'policy': '/nowhere'}, {'robot': 'ur5e'}, {'rat': 1.0}])
def test_a_wrong_parameter_fails_configure(bench, fake_policy, parameters):
    node = bench.host(ExpertNode, **{'policy': str(fake_policy), **parameters})
    assert node.trigger_configure().name == 'FAILURE'
    assert node._state_machine.current_state[1] == 'unconfigured'


def test_what_is_in_execution_reaches_the_expert(bench, topics, fake_policy, policy):
    node = bench.start(ExpertNode, policy=str(fake_policy))
    feed, told, act = RobotFeed(bench), [], node._expert.expert.act

    def remember(observation, context):
        told.append(context)
        return act(observation, context)

    node._expert.expert.act = remember
    chunks = bench.listen(topics.ACTION_CHUNK)
    feed.episode(TASK)
    bench.send(topics.LATENT, latent(policy, TASK, valid_for=60.0))
    feed.run(lambda: len(chunks) > 3, 'no chunks')
    assert all(context.previous is None and context.delay == 0 for context in told)
    feed.executing = chunk_from_msg(chunks[2])
    context = feed.run(
        lambda: next((c for c in told if c.previous is not None), None), 'it is not told'
    )
    assert context.delay == 2 and 0 < len(context.previous) < 16
    # The robot of this test stands still: what was wanted of it is still to come.
    ahead = context.previous[:, 1]
    assert (np.diff(ahead) > 0).all() and ahead[-1] == pytest.approx(0.04 * 1.6, abs=1e-2)
    # The next instruction begins with nothing, whatever the last status says.
    feed.episode('pick up the blue cube', name='e2')
    told.clear()
    bench.send(topics.LATENT, latent(policy, 'pick up the blue cube', name='e2', seq=2))
    feed.run(lambda: len(told) > 3, 'no more chunks')
    assert all(context.previous is None for context in told[1:])


def test_it_can_be_cleaned_up_and_configured_again(bench, topics, feed, policy):
    node = bench.node
    for trigger in ('deactivate', 'cleanup', 'configure', 'activate'):
        assert getattr(node, f'trigger_{trigger}')().name == 'SUCCESS'
    chunks = bench.listen(topics.ACTION_CHUNK)
    feed.episode(TASK)
    bench.send(topics.LATENT, latent(policy, TASK))
    feed.run(lambda: chunks, 'no chunks')
