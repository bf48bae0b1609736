"""One net for several robots: every weight shared, each robot its own policy."""

import pytest


torch = pytest.importorskip('torch')

from synthetic import write_demos  # noqa: E402

from vla_ros.policies import load_policy  # noqa: E402
from vla_ros.robots import load_robot  # noqa: E402
from vla_ros.tabletop.pocket.loop import Budget, Run, demonstrations  # noqa: E402
from vla_ros.tabletop.pocket.train import Job, own, train_policy  # noqa: E402


NAMES = ('franka', 'aloha')


@pytest.fixture(scope='module')
def robots():
    return [load_robot(name) for name in NAMES]


@pytest.fixture(scope='module')
def root(robots, tmp_path_factory):
    root = tmp_path_factory.mktemp('shared')
    for robot in robots:
        write_demos(root / robot.name, 6, size=48, families=robot.tasks, robot=robot.name)
    return root


def test_one_training_makes_a_policy_for_each_robot(tiny, robots, root):
    job = Job(root / '{robot}', root / 'out', root / 'policy' / '{robot}', Budget(10.0, steps=4))
    reports = []
    specs = train_policy(tiny, robots, job, reports.append)
    assert [spec.robot for spec in specs] == list(NAMES)
    assert set(reports[-1]['figures']) == set(NAMES)
    for spec, robot in zip(specs, robots, strict=True):
        policy = load_policy(own(job.policy, robot.name))
        assert policy.spec == spec
        assert spec.tasks == robot.tasks
        assert spec.actions.channels == robot.channels
        assert 'The same weights serve' in (policy.path / 'README.md').read_text()


def test_robots_take_turns_and_train_the_same_weights(tiny, robots, root, tmp_path):
    files = [demonstrations(root / robot.name) for robot in robots]
    run = Run(tiny, robots, files, tmp_path)
    before = [p.detach().clone() for p in run.net.expert.parameters()]
    for member in run.members:
        assert member.sampler.demos.body.number == run.step
        run._one_step()
        moved = [
            not torch.equal(a, b) for a, b in zip(before, run.net.expert.parameters(), strict=True)
        ]
        assert sum(moved) > 0.9 * len(moved)
        before = [p.detach().clone() for p in run.net.expert.parameters()]


def test_each_robot_reads_only_of_what_it_does(tiny, robots, root, tmp_path):
    run = Run(tiny, robots, [demonstrations(root / r.name) for r in robots], tmp_path)
    families = [*robots[0].tasks, *robots[1].tasks]
    for member in run.members:
        texts = member.sampler.texts(64)
        meant = {families[i] for i in texts.family if i >= 0}
        assert meant <= set(member.body.families)
        read = run.net.read(member.body, torch.from_numpy(texts.tokens))
        chosen = {families[i] for i in read.family.argmax(-1).tolist()}
        assert chosen <= set(member.body.families)


def test_several_robots_need_several_folders(tiny, robots, root):
    each = '{robot}'
    for demos, policy, named in ((each, 'policy', 'policy'), ('franka', each, 'demos')):
        job = Job(root / demos, root / 'out', root / policy, Budget(10.0, steps=4))
        with pytest.raises(ValueError, match=named + r': expected \{robot\} in the path'):
            train_policy(tiny, robots, job, print)
