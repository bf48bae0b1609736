"""Demonstrations to a policy directory that runs."""

import dataclasses

import numpy as np
import pytest


torch = pytest.importorskip('torch')

from safetensors import safe_open  # noqa: E402
from safetensors.numpy import load_file, save_file  # noqa: E402
from synthetic import write_demos  # noqa: E402

from vla_ros.core.data import (  # noqa: E402
    BodyState,
    JointGroupState,
    MobileBaseState,
    Observation,
    Pose,
    RobotState,
)
from vla_ros.policies import EpisodeInfo, load_policy  # noqa: E402
from vla_ros.policies.makers import make_policy  # noqa: E402
from vla_ros.robots import load_robot  # noqa: E402
from vla_ros.tabletop.demos.demonstration import read_info  # noqa: E402
from vla_ros.tabletop.language import render, requests  # noqa: E402
from vla_ros.tabletop.language.vocabulary import training_vocabulary  # noqa: E402
from vla_ros.tabletop.pocket.cameras import pinhole  # noqa: E402
from vla_ros.tabletop.pocket.checkpoint import Average, restore  # noqa: E402
from vla_ros.tabletop.pocket.demos import load_demos  # noqa: E402
from vla_ros.tabletop.pocket.embodiment import embody  # noqa: E402
from vla_ros.tabletop.pocket.loop import Budget, Run, build_net, demonstrations, split_files  # noqa: E402
from vla_ros.tabletop.pocket.losses import total  # noqa: E402
from vla_ros.tabletop.pocket.pocket_expert import PocketExpert  # noqa: E402
from vla_ros.tabletop.pocket.pocket_reasoner import PocketReasoner  # noqa: E402
from vla_ros.tabletop.pocket.policy_net import (  # noqa: E402
    HeadGraph,
    PerceiveGraph,
    ReasonerGraph,
)
from vla_ros.tabletop.pocket.train import Job, export_checkpoint, train_policy  # noqa: E402
from vla_ros.tabletop.pocket.validate import refusal_threshold  # noqa: E402


@pytest.fixture(scope='module', params=['franka', 'aloha', 'humanoid'])
def robot(request):
    return load_robot(request.param)


@pytest.fixture(scope='module')
def folder(robot, tmp_path_factory):
    folder = tmp_path_factory.mktemp('demos')
    write_demos(folder, 8, size=48, families=robot.tasks, robot=robot.name)
    return folder


@pytest.fixture(scope='module')
def trained(tiny, robot, folder, tmp_path_factory):
    out = tmp_path_factory.mktemp('out')
    job = Job(folder, out / 'checkpoints', out / 'policy', Budget(10.0, steps=4, report_every=2))
    reports = []
    (spec,) = train_policy(tiny, [robot], job, reports.append)
    return job, spec, reports


def observation(robot, rng, size=48):
    limbs = []
    for limb in robot.arms:
        pose = Pose(np.array(limb.cartesian.lower) + 0.1, np.array([1.0, 0.0, 0.0, 0.0]))
        still, opened = np.zeros(limb.n), limb.gripper.open
        limbs.append(RobotState(10**9, still, still, pose, opened, pose, opened))
    for limb in robot.limbs[len(limbs) :]:
        still = np.zeros(limb.n)
        kind = JointGroupState if limb.kind == 'joint_group' else MobileBaseState
        limbs.append(kind(10**9, still, still, still))
    state = limbs[0] if len(limbs) == 1 else BodyState(10**9, tuple(limbs))
    shape = (size, size, 3)
    images = {c: rng.integers(0, 255, shape, dtype=np.uint8) for c in embody(robot).cameras}
    return Observation(10**9, images, state)


def an_instruction(robot):
    return render(requests(*robot.tasks)[0], np.random.default_rng(0), 'plain')


def believing(policy):
    """Return the policy, refusing nothing."""
    reasoner = policy.spec.reasoner | {'p_grounded_min': 0.0}
    return dataclasses.replace(policy, spec=dataclasses.replace(policy.spec, reasoner=reasoner))


def test_training_writes_a_policy_that_loads_and_acts(trained, robot):
    job, spec, reports = trained
    policy = load_policy(job.policy)
    assert policy.spec == spec
    assert sum(f.stat().st_size for f in job.policy.glob('*.onnx')) < 10e6
    assert 'held-out' in (job.policy / 'README.md').read_text().lower()
    assert any('object_mm' in r['figures'][robot.name] for r in reports if 'figures' in r)
    seen = observation(robot, np.random.default_rng(0))
    reasoner, expert = make_policy(believing(policy), robot)
    episode = EpisodeInfo('e', an_instruction(robot))
    latent = reasoner.reason(seen, episode, 1)
    assert latent.grounded, latent.refusal
    chunk = expert.act(seen, episode, latent, 2)
    assert chunk.actions.shape == (16, len(robot.channels))
    assert chunk.channels == robot.channels
    assert np.isfinite(chunk.actions).all()


def test_onnx_agrees_with_torch(trained, tiny, robot):
    job, spec, _ = trained
    policy = load_policy(job.policy)
    body = embody(robot)
    net = build_net(tiny, (body,))
    average = Average(net, 0.9)
    restore(job.out / 'polished.safetensors', net, average)
    rng = np.random.default_rng(1)
    seen = observation(robot, rng)
    images = {k: v[None] for k, v in seen.images.items()}
    tokens = training_vocabulary(robot.tasks, 32).encode(an_instruction(robot))[None]
    state = seen.state.vector().astype(np.float32)[None]
    session = PocketReasoner(policy, robot)._session
    told = {'state': state} if robot.name == 'humanoid' else {}  # whose head moves its camera
    assert ('state' in session.inputs) == bool(told)
    result = session.run(tokens=tokens, **images, **told)
    raw = [torch.from_numpy(v.copy()) for v in images.values()]
    posture = torch.from_numpy(state)
    with torch.no_grad():
        expected = ReasonerGraph(average.net, body)(*raw, torch.from_numpy(tokens), posture)
    for name, found in result.items():
        assert np.abs(found - getattr(expected, name).numpy()).max() < 1e-4
    age = np.array([0.3], np.float32)
    latent = result['latent']
    expert = PocketExpert(policy, robot)
    result = expert._perceive.run(state=state, latent=latent, age=age, **images)
    perceive = PerceiveGraph(average.net, body)
    assert ('rest' in result) == (robot.name == 'humanoid')
    with torch.no_grad():
        expected = perceive(*raw, posture, torch.from_numpy(latent), torch.from_numpy(age))
        made = expected[: len(expert._condition)]
        (actions,) = HeadGraph(average.net, body)(*made)
    for name, b in zip(perceive.outputs, expected, strict=True):
        assert np.abs(result[name] - b.numpy()).max() < 1e-4
    drawn = expert._decoder.sample({name: result[name] for name in expert._condition})
    assert np.abs(drawn.actions - actions.numpy()).max() < 1e-4


def test_export_is_deterministic(trained, tiny, robot, tmp_path):
    job, spec, _ = trained
    (again,) = export_checkpoint(
        tiny,
        [robot],
        job.out / 'polished.safetensors',
        tmp_path / 'p',
        spec.reasoner['p_grounded_min'],
    )
    assert again == spec


def test_same_seed_same_weights(tiny, robot, folder, tmp_path):
    files = demonstrations(folder)
    losses = []
    for _ in range(2):
        run = Run(tiny, [robot], [files], tmp_path)
        losses.append([run._one_step()['loss'] for _ in range(3)])
    assert losses[0] == losses[1]


def test_resume_goes_on(tiny, robot, folder, tmp_path):
    files = demonstrations(folder)
    run = Run(tiny, [robot], [files], tmp_path)
    run.train(Budget(10.0, steps=3), lambda _: None)
    other = Run(tiny, [robot], [files], tmp_path)
    other.resume(tmp_path / 'last.safetensors')
    assert other.step == 3
    for a, b in zip(run.net.parameters(), other.net.parameters(), strict=True):
        assert torch.equal(a, b)


def test_a_run_begins_with_what_another_robot_has_learned(tiny, robot, folder, tmp_path):
    run = Run(tiny, [robot], [demonstrations(folder)], tmp_path)
    run.train(Budget(10.0, steps=2), lambda _: None)
    other = dataclasses.replace(robot, tasks=robot.tasks[:1])
    files = [f for f in demonstrations(folder) if read_info(f).request.family == robot.tasks[0]]
    begun = Run(tiny, [other], [files * 2], tmp_path)
    assert 0.5 < begun.adopt(tmp_path / 'last.safetensors') < 1.0
    trained = run.average.net.state_dict()
    for name in ('far.stem.weight', 'expert.inner.weight'):
        assert torch.equal(begun.net.state_dict()[name], trained[name])
    (tmp_path / 'no').write_bytes(b'no')
    with pytest.raises(ValueError, match='no: not a checkpoint'):
        begun.adopt(tmp_path / 'no')


def test_a_checkpoint_from_before_the_head_was_cut_off_is_read(trained, tiny, robot, tmp_path):
    job, _, _ = trained
    path = job.out / 'polished.safetensors'
    with safe_open(path, 'numpy') as file:
        metadata = file.metadata()
    older = {k.replace('.head.', '.expert.'): v for k, v in load_file(path).items()}
    save_file(older, tmp_path / 'older.safetensors', metadata)
    nets = [build_net(tiny, (embody(robot),)) for _ in range(2)]
    restore(path, nets[0])
    restore(tmp_path / 'older.safetensors', nets[1])
    for a, b in zip(*(net.state_dict().values() for net in nets), strict=True):
        assert torch.equal(a, b)


def test_a_wrong_checkpoint_is_named(tiny, robot, folder, tmp_path):
    (tmp_path / 'last.safetensors').write_bytes(b'no')
    run = Run(tiny, [robot], [demonstrations(folder)], tmp_path)
    with pytest.raises(ValueError, match=r'last\.safetensors: not a checkpoint'):
        run.resume(tmp_path / 'last.safetensors')


def test_the_latent_carries_gradients_to_the_reasoner(tiny, robot, folder, tmp_path):
    run = Run(tiny, [robot], [demonstrations(folder)], tmp_path)
    loss, parts = total(run.net, run.members[0].sampler.draw(), tiny.loss)
    parts['action'].backward()
    assert run.net.reasoner.concepts.grad.abs().sum() > 0
    assert run.net.reasoner.text.embed.weight.grad.abs().sum() > 0


def test_chunks_are_relative_to_the_commanded_pose_and_hold_the_last_action(folder, robot):
    demos = load_demos(demonstrations(folder), 48, embody(robot))
    last = demos.end[0] - 1
    chunk = demos.chunks(np.array([last - 1]), 16)[0]
    absolute = embody(robot).action_space.absolute(chunk, demos.state[last - 1])
    assert np.abs(absolute[0] - demos.action[last - 1]).max() < 1e-5
    assert np.abs(absolute[1:] - demos.action[last]).max() < 1e-5


def test_latents_are_never_from_another_episode(tiny, robot, folder, tmp_path):
    sampler = Run(tiny, [robot], [demonstrations(folder)], tmp_path).members[0].sampler
    frames = sampler.rng.integers(sampler.demos.n, size=500)
    old, age = sampler.delays(frames)
    assert (sampler.demos.episode[old] == sampler.demos.episode[frames]).all()
    assert (old <= frames).all()
    assert (age >= 0).all()
    assert age.max() <= max(tiny.delay.slow)


@pytest.mark.parametrize('change', ['drop', 'shape', 'nan', 'garbage', 'family', 'robot'])
def test_bad_demonstrations_are_named(folder, robot, tmp_path, change):
    source = demonstrations(folder)[0]
    data = load_file(source)
    with safe_open(source, 'numpy') as file:
        metadata = file.metadata()
    if change == 'drop':
        del data['action']
    elif change == 'shape':
        key = f'observation.images.{robot.cameras[0].name}'
        data[key] = data[key][:, :20]
    elif change == 'nan':
        data['action'][0, 0] = np.nan
    elif change == 'family':
        metadata['family'] = 'juggle'
    elif change == 'robot':
        metadata['robot'] = 'other'
    path = tmp_path / 'bad.safetensors'
    if change == 'garbage':
        path.write_bytes(b'not a file')
    else:
        save_file({k: np.ascontiguousarray(v) for k, v in data.items()}, path, metadata)
    with pytest.raises(ValueError, match=r'bad\.safetensors'):
        load_demos([path], 48, embody(robot))


def test_no_demonstrations_is_an_error(tmp_path):
    with pytest.raises(ValueError, match='no demonstrations'):
        demonstrations(tmp_path)
    with pytest.raises(ValueError, match='at least 2'):
        split_files([tmp_path / 'one'], 0.1, 0)


def test_splits_are_disjoint_by_episode(folder):
    train, held = split_files(demonstrations(folder), 0.3, 0)
    assert not set(train) & set(held)
    assert len(train) + len(held) == 8


def test_projection_hits_the_point_a_camera_looks_at():
    robot = load_robot('franka')
    camera = robot.camera('front')
    state = np.zeros((1, 16))
    state[0, :7] = [0.45, 0.0, 0.3, 1.0, 0.0, 0.0, 0.0]
    model = pinhole(robot, camera)
    assert np.abs(model.project(np.array([[camera.look_at]]), state)).max() < 1e-9
    # With the hand pointing down, the tcp 0.1034 m below its flange.
    camera = robot.camera('wrist')
    below = (np.array(camera.look_at) - [0.0, 0.0, 0.1034]) * [1.0, -1.0, -1.0]
    point = state[:, None, :3] + below
    assert np.abs(pinhole(robot, camera).project(point, state)).max() < 1e-6


def test_the_threshold_refuses_few_of_the_present():
    rng = np.random.default_rng(0)
    present, absent = rng.beta(20, 1, 5000), rng.beta(1, 20, 5000)
    threshold = refusal_threshold(present, absent, 0.01)
    assert (present < threshold).mean() <= 0.01
    assert (absent < threshold).mean() > 0.97


def test_a_policy_learns_exactly_the_tasks_of_its_robot(tiny, tmp_path):
    both = dataclasses.replace(load_robot('franka'), tasks=('wipe', 'press'))
    write_demos(tmp_path / 'demos', 6, size=48, families=both.tasks)
    job = Job(tmp_path / 'demos', tmp_path / 'out', tmp_path / 'policy', Budget(10.0, steps=2))
    reports = []
    (spec,) = train_policy(tiny, [both], job, reports.append)
    assert spec.tasks == ('wipe', 'press')
    assert {'heldout_wipe', 'heldout_press'} <= set(reports[-1]['figures']['franka'])
    assert 'heldout_pick' not in reports[-1]['figures']['franka']
    policy = load_policy(job.policy)
    reasoner = PocketReasoner(believing(policy), both)
    assert 'cube' not in reasoner.vocabulary.ids
    seen = observation(both, np.random.default_rng(0))
    thought = reasoner.reason(seen, EpisodeInfo('e', 'wipe the red line'))
    assert thought.text.split(':')[0] in spec.tasks and 'goal at' not in thought.text


def test_demonstrations_of_a_task_that_the_robot_lacks_are_named(folder, robot):
    pressing = embody(dataclasses.replace(robot, tasks=('press',)))
    with pytest.raises(ValueError, match=r"its family '\w+' is not one of \['press'\]"):
        load_demos(demonstrations(folder), 48, pressing)


def test_a_robot_with_other_cameras_than_the_nets_look_through_is_refused(robot):
    blind = dataclasses.replace(robot, cameras=robot.cameras[1:])
    with pytest.raises(ValueError, match='cameras: expected one that no arm carries and one on'):
        embody(blind)


def test_a_robot_without_tasks_learns_nothing(tiny, robot, folder, tmp_path):
    idle = dataclasses.replace(robot, tasks=())
    with pytest.raises(ValueError, match=f'{robot.name} has no tasks'):
        Run(tiny, [idle], [demonstrations(folder)], tmp_path)
