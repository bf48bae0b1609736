"""A head and a decoder are one file each: what is trained, exported and run knows no member."""

import dataclasses

import numpy as np
import pytest


torch = pytest.importorskip('torch')

from flow_head import Flow, FlowHead  # noqa: E402
from test_learn import an_instruction, believing, observation  # noqa: E402

from vla_ros.core.config import ConfigError  # noqa: E402
from vla_ros.policies import Context, EpisodeInfo, load_policy  # noqa: E402
from vla_ros.policies.decoders import DECODERS, make_decoder  # noqa: E402
from vla_ros.policies.decoders.l1 import L1, L1Options  # noqa: E402
from vla_ros.policies.makers import make_policy  # noqa: E402
from vla_ros.robots import load_robot  # noqa: E402
from vla_ros.tabletop.pocket.contract import POSE  # noqa: E402
from vla_ros.tabletop.pocket.embodiment import embody  # noqa: E402
from vla_ros.tabletop.pocket.export import export_policy  # noqa: E402
from vla_ros.tabletop.pocket.heads import HEADS, Condition  # noqa: E402
from vla_ros.tabletop.pocket.loop import build_net, read_by  # noqa: E402
from vla_ros.tabletop.pocket.losses import chunk_weight  # noqa: E402
from vla_ros.tabletop.pocket.pocket_expert import PocketExpert  # noqa: E402


HORIZON, SIDE = 16, 0.05  # steps; m to either side


@pytest.fixture(scope='module')
def body():
    return embody(load_robot('franka'))


class Chunk:
    """A head that gives one chunk."""

    def __init__(self, actions):
        self.actions, self.inputs = actions, {}

    def run(self):
        return {'actions': self.actions}


def net_of(tiny, body, head):
    torch.manual_seed(0)
    torch.set_num_threads(tiny.threads)
    settings = dataclasses.replace(tiny, net=dataclasses.replace(tiny.net, head=head))
    return settings, build_net(settings, (body,))


def condition(net, body, n):
    """Return what a trunk might say, the same n times."""
    arms = torch.linspace(-1, 1, net.expert.inner.out_features).expand(n, body.arms, -1)
    return Condition(body, arms, net.expert.summary(arms))


def coin(n, generator):
    """Return chunks that go to one side or to the other."""
    side = torch.randint(0, 2, (n,), generator=generator) * 2.0 - 1
    chunks = torch.zeros(n, HORIZON, POSE)
    chunks[..., 1] = side[:, None] * SIDE * torch.linspace(1 / HORIZON, 1, HORIZON)
    chunks[..., 6] = 0.5
    return chunks


def train(net, body, steps, **more):
    generator = torch.Generator().manual_seed(1)
    weight = torch.full((HORIZON, POSE), 1.0)
    net.head.prepare([(body, coin(512, generator))])
    optimiser = torch.optim.Adam(net.head.parameters(), 3e-3)
    for _ in range(steps):
        x = coin(64, generator)
        known = torch.randint(0, 7, (64,), generator=generator)
        loss, parts = net.head.loss(
            condition(net, body, 64), x, weight, known, generator=generator, **more
        )
        assert loss.shape == (64,) and all(part.shape == (64,) for part in parts.values())
        optimiser.zero_grad()
        loss.mean().backward()
        optimiser.step()
    return net


@pytest.fixture(scope='module')
def flow(tiny, body):
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(HEADS, 'flow', FlowHead)
        patch.setitem(DECODERS, 'flow', Flow)
        settings, net = net_of(tiny, body, 'flow')
        yield settings, train(net, body, 400, repeat=4)


@pytest.fixture(scope='module')
def policy(flow, body, tmp_path_factory):
    settings, net = flow
    folder = tmp_path_factory.mktemp('flow')
    export_policy(net, settings, body, read_by(settings, (body,)), 0.0, 0.1, folder)
    return load_policy(folder)


@pytest.fixture(scope='module')
def decoder(policy):
    return PocketExpert(policy, load_robot('franka'))._decoder


def told(net, body):
    return {'condition': condition(net, body, 1).arms.numpy()}


def test_both_answers_are_drawn_and_by_l1_neither(flow, decoder, tiny, body):
    drawn = decoder.sample(told(flow[1], body), 500, noise=np.random.default_rng(3))
    assert drawn.evaluations == 8 and np.isnan(drawn.log_density).all()
    last = drawn.actions[:, -1, 1]
    assert (np.abs(np.abs(last) - SIDE) < 0.015).mean() > 0.9
    assert 0.3 < (last > 0).mean() < 0.7
    settings, net = net_of(tiny, body, 'l1')
    train(net, body, 200)
    with torch.no_grad():
        predicted = net.head.predict(condition(net, body, 1))
    # The median of a coin is anything between; it is not near both.
    assert abs(float(predicted[0, -1, 1])) < SIDE + 0.01
    alone = L1(Chunk(predicted.numpy()), L1Options()).sample({}, 5).actions
    assert np.ptp(alone, 0).max() == 0.0 and alone.shape == (5, HORIZON, POSE)


def test_the_same_noise_gives_the_same_chunks(flow, decoder, body):
    made = [
        decoder.sample(told(flow[1], body), 3, noise=np.random.default_rng(seed)).actions
        for seed in (1, 1, 2)
    ]
    np.testing.assert_array_equal(made[0], made[1])
    assert np.abs(made[0] - made[2]).max() > 1e-3


def test_the_graph_is_the_head(flow, decoder, body):
    _, net = flow
    rng = np.random.default_rng(0)
    inputs = {name: rng.normal(size=x.shape) for name, x in net.head.examples(body).items()}
    inputs['known'] = np.array([4.0])
    tensors = [torch.from_numpy(x.astype(np.float32)) for x in inputs.values()]
    found = decoder._net.run(**told(net, body), **{
        name: tensor.numpy() for name, tensor in zip(inputs, tensors, strict=True)
    })  # fmt: skip
    with torch.no_grad():
        expected = net.head.evaluate(condition(net, body, 1), *tensors)
    for name, tensor in zip(net.head.outputs, expected, strict=True):
        assert np.abs(found[name] - tensor.numpy()).max() < 1e-4


def test_steps_that_will_be_executed_are_kept(flow, policy, body):
    robot = load_robot('franka')
    expert = PocketExpert(policy, robot)
    seen = observation(robot, np.random.default_rng(0))
    (reasoner, _) = make_policy(believing(policy), robot)
    episode = EpisodeInfo('e', an_instruction(robot))
    latent = reasoner.reason(seen, episode, 1)
    previous = coin(1, torch.Generator().manual_seed(5))[0].numpy().astype(np.float64)
    context = Context('', latent=latent, previous=previous, delay=5, samples=8)
    prediction = expert.act(seen, context)
    assert prediction.samples.shape == (8, HORIZON, POSE) and prediction.scores is None
    off = np.abs(prediction.samples[:, :5] - previous[:5])
    assert off.max() < 1e-6
    assert np.ptp(expert.act(seen, Context('', latent=latent, samples=8)).samples[:, 0]) > 1e-4


def test_its_options_are_read_from_the_policy(policy):
    def told(**options):
        own = dataclasses.replace(policy.spec, decoder={'name': 'flow', **options})
        return dataclasses.replace(policy, spec=own)

    assert make_policy(told(samples=3), load_robot('franka'))[1]._samples == 3
    for options, words in (({'sigma': 1}, "unknown key 'sigma'"), ({'steps': 0}, '1 or more')):
        with pytest.raises(ConfigError, match=words):
            make_decoder(told(**options), HORIZON, lambda outputs: None)


def test_given_steps_cost_l1_nothing_and_early_ones_more(tiny, body):
    _, net = net_of(tiny, body, 'l1')
    weight = chunk_weight(body, HORIZON, tiny.loss)
    at = condition(net, body, 2)
    with torch.no_grad():
        wanted = net.head.predict(at)
        wanted[:, :3, 0] += 0.02
        free, _ = net.head.loss(at, wanted, weight)
        given, _ = net.head.loss(at, wanted, weight, known=torch.tensor([0, 3]))
    assert free[0] > 0 and given.tolist() == [pytest.approx(float(free[0])), 0.0]
    assert (weight[0] > weight[-1]).all()


@pytest.mark.parametrize('name', ['franka', 'aloha', 'humanoid'])
def test_actions_come_back_from_the_frames_of_the_arms(name):
    body = embody(load_robot(name))
    own = torch.randn(3, body.arms, 5, POSE)
    back = body.own(body.actions(own))
    assert (back - own).abs().max() < 1e-5


def test_an_unknown_head_names_the_valid_ones(tiny, body):
    with pytest.raises(ValueError, match=r"net.head: 'gan' is not one of \[.*'l1'\]"):
        net_of(tiny, body, 'gan')
