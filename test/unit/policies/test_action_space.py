"""Action spaces: their way to absolute numbers and back, held to plain formulas."""

from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

from vla_ros.core.data import BodyState, JointGroupState, MobileBaseState, Pose, RobotState
from vla_ros.core.rotations import quat_from_rotvec, quat_multiply
from vla_ros.policies.action_space import ActionSpace, ActionSpaceError
from vla_ros.policies.encodings import (
    WIDTHS,
    from_quaternion,
    from_share,
    share_of,
    to_quaternion,
)
from vla_ros.policies.group import Group
from vla_ros.robots import load_robot, named_limbs


FRANKA, HUMANOID = load_robot('franka'), load_robot('humanoid')
ONE, BODY = ActionSpace.commanded(FRANKA, 0.08), ActionSpace.commanded(HUMANOID, 0.089)
SEEDS = st.integers(0, 10**6)


def a_state(rng, space):
    state = rng.normal(size=2 * len(space.channels))
    turns = [i for i, name in enumerate(space.channels) if name.endswith('ee.qx')]
    for place in turns:  # each arm has 16 numbers; arms stand first
        for half in (0, 8):
            turn = slice(2 * (place - 3) + half + 3, 2 * (place - 3) + half + 7)
            state[turn] /= np.linalg.norm(state[turn])
    return state


def assert_same_turns(a, b, apart):
    """Assert that quaternions (..., 4) are the same turns: q and -q are one."""
    same = np.sign(np.sum(a * b, -1, keepdims=True))
    np.testing.assert_allclose(a * same, b, atol=apart)


def random_actions(rng, space, steps=5):
    actions = rng.uniform(-1.2, 1.2, size=(steps, space.width))  # of turns below pi
    grips = [i for i, unit in enumerate(space.units) if unit == 'gripper']
    actions[:, grips] = rng.random((steps, len(grips)))
    return actions


@pytest.mark.parametrize('robot', [FRANKA, HUMANOID])
def test_all_of_a_robot_has_its_channels_and_checks(robot):
    space = ActionSpace.commanded(robot, 0.08)
    assert space.channels == robot.channels and len(space.units) == space.width
    space.check(robot)


def test_kinds_say_what_each_absolute_number_is():
    arm = ('pose',) * 7 + ('gripper',)
    assert ONE.kinds == arm and len(BODY.kinds) == len(BODY.channels)
    assert BODY.kinds == (*arm, *arm, *('joint',) * 5, *('twist',) * 3)


JOINTS = Group('joint', '', FRANKA.joint_names, 'measured')
LIMBS = dict(named_limbs(HUMANOID))
LEFT, RIGHT = (Group('pose', name) for name in list(LIMBS)[:2])
WRONG_ORDER = Group('joint', '', FRANKA.joint_names[::-1])


@pytest.mark.parametrize(
    ('robot', 'groups'),
    [
        (FRANKA, (Group('pose'),)),
        (FRANKA, (JOINTS,)),
        (FRANKA, (JOINTS, Group('gripper'))),
        (HUMANOID, (RIGHT,)),
        (HUMANOID, (LEFT, Group('gripper', LEFT.limb), RIGHT)),
        (HUMANOID, (LEFT, Group('joint', 'head', LIMBS['head'].joint_names))),
        (HUMANOID, (Group('joint', LEFT.limb, LIMBS[LEFT.limb].joint_names), RIGHT)),
        (HUMANOID, (Group('twist', 'base'),)),
    ],
)
def test_openings_and_whole_limbs_may_be_left_out_and_arms_take_joints(robot, groups):
    space = ActionSpace(groups)
    space.check(robot)
    assert len(space.kinds) == len(space.channels)


@pytest.mark.parametrize(
    ('robot', 'groups', 'words'),
    [
        (FRANKA, (Group('pose'), JOINTS), r"got \['pose', 'joint'\]"),
        (FRANKA, (Group('gripper'), Group('pose')), 'takes pose and gripper or joint and gripper'),
        (FRANKA, (Group('gripper'),), r"got \['gripper'\]"),
        (FRANKA, (Group('joint', '', FRANKA.joint_names[:6]),), 'takes the joint channels'),
        (FRANKA, (WRONG_ORDER,), 'in this order'),
        (FRANKA, (Group('twist'),), r"got \['twist'\]"),
        (HUMANOID, (RIGHT, LEFT), 'the limbs in the order of humanoid'),
        (HUMANOID, (Group('pose', 'head'),), 'head takes joint, got'),
        (HUMANOID, (Group('joint', 'head', ('head_yaw_joint',)),), 'takes the joint channels'),
    ],
)
def test_what_a_robot_does_not_take_is_refused_by_name(robot, groups, words):
    with pytest.raises(ActionSpaceError, match=words):
        ActionSpace(groups).check(robot)


def test_units_are_those_of_the_tokenizer():
    arm = ('position',) * 3 + ('rotation',) * 3 + ('gripper',)
    assert ONE.units == arm
    assert BODY.units == (*arm, *arm, *('joint',) * 5, *('twist',) * 3)


@given(seed=SEEDS, space=st.sampled_from([ONE, BODY]))
def test_round_trip(seed, space):
    rng = np.random.default_rng(seed)
    state, actions = a_state(rng, space), random_actions(rng, space)
    actions[0, [i for i, unit in enumerate(space.units) if unit == 'rotation']] = 0.0
    absolute = space.absolute(actions, state)
    assert np.abs(space.relative(absolute, state) - actions).max() < 1e-11


@given(
    seed=SEEDS,
    rotation=st.sampled_from(sorted(WIDTHS)),
    origin=st.sampled_from(['commanded', 'measured', 'previous', 'nothing']),
)
def test_poses_of_every_encoding_and_origin_go_there_and_back(seed, rotation, origin):
    rng = np.random.default_rng(seed)
    space = ActionSpace((Group('pose', relative_to=origin, rotation=rotation), Group('gripper')))
    absolute = rng.normal(size=(2, 4, 8))
    absolute[..., 3:7] /= np.linalg.norm(absolute[..., 3:7], axis=-1, keepdims=True)
    state = np.stack([a_state(rng, ONE), a_state(rng, ONE)])[:, None]
    if origin == 'previous':
        state = state[0, 0]
    back = space.absolute(space.relative(absolute, state), state)
    assert np.abs(back[..., :3] - absolute[..., :3]).max() < 1e-9
    turns = np.abs(np.sum(back[..., 3:7] * absolute[..., 3:7], -1))
    assert np.abs(turns - 1).max() < 1e-9
    np.testing.assert_array_equal(back[..., 7], absolute[..., 7])


@given(seed=SEEDS, encoding=st.sampled_from(sorted(WIDTHS)))
def test_encodings_keep_the_order_of_turns(seed, encoding):
    rng = np.random.default_rng(seed)
    a, b = (quat_from_rotvec(rng.uniform(-1, 1, 3)) for _ in range(2))
    both = quat_multiply(a, b)
    back = to_quaternion(from_quaternion(both, encoding), encoding)
    assert abs(abs(back @ both) - 1) < 1e-12


@pytest.mark.parametrize('encoding', sorted(WIDTHS))
def test_encodings_keep_turns_where_they_are_singular(encoding):
    rng = np.random.default_rng(0)
    near = [0.0, 1e-15, -1e-12, 1e-9, -1e-7, 1e-4]
    locked = [(a, p + d, b) for a, b in rng.uniform(-3, 3, (9, 2)) for p in (-np.pi / 2, np.pi / 2)
              for d in near]  # fmt: skip
    axes = rng.normal(size=(20, 3))
    axes = np.concatenate([np.eye(3), axes / np.linalg.norm(axes, axis=-1, keepdims=True)])
    turned = [
        axis * (angle + d) for axis in axes for angle in (0.0, np.pi / 2, np.pi) for d in near
    ]
    turns = np.concatenate([
        to_quaternion(np.array(locked), 'euler_xyz'),
        to_quaternion(np.array(turned), 'rotation_vector'),
    ])  # fmt: skip
    back = to_quaternion(from_quaternion(turns, encoding), encoding)
    assert_same_turns(back, turns, 1e-12)


@given(
    seed=SEEDS,
    rotation=st.sampled_from(sorted(WIDTHS)),
    origin=st.sampled_from(['commanded', 'measured', 'previous', 'nothing']),
)
def test_numbers_of_a_policy_come_back_as_they_were(seed, rotation, origin):
    rng = np.random.default_rng(seed)
    space = ActionSpace((Group('pose', '', (), origin, rotation), Group('gripper')))
    actions = rng.uniform(-0.5, 0.5, (5, space.width))
    angles = rng.uniform([-3, -1.5, -3], [3, 1.5, 3], (5, 3))
    turns = to_quaternion(angles, 'euler_xyz')
    actions[:, 3:-1] = angles if rotation == 'euler_xyz' else from_quaternion(turns, rotation)
    state = an_arm(rng, FRANKA)
    back = space.relative(space.absolute(actions, state), state)
    if rotation == 'quaternion':
        assert_same_turns(back[:, 3:7], actions[:, 3:7], 1e-9)
        back[:, 3:7] = actions[:, 3:7]
    np.testing.assert_allclose(back, actions, atol=1e-9)


def test_euler_is_about_fixed_axes():
    x, z = quat_from_rotvec(np.array([0.3, 0, 0])), quat_from_rotvec(np.array([0, 0, 0.5]))
    found = to_quaternion(np.array([0.3, 0.0, 0.5]), 'euler_xyz')
    np.testing.assert_allclose(found, quat_multiply(z, x), atol=1e-12)


def test_agrees_with_plain_formulas():
    state = a_state(np.random.default_rng(1), ONE)
    relative = np.array([[0.1, -0.2, 0.3, 0.2, -0.1, 0.4, 0.5]])
    turned = quat_multiply(quat_from_rotvec(relative[0, 3:6]), state[11:15])
    absolute = ONE.absolute(relative, state)[0]
    assert absolute[:3] == pytest.approx(state[8:11] + relative[0, :3])
    assert absolute[3:7] == pytest.approx(turned / np.linalg.norm(turned))
    assert absolute[7] == pytest.approx(0.04)


@pytest.mark.parametrize(
    ('convention', 'closed_is', 'numbers', 'openings'),
    [
        ('metres', 0.0, [0.0, 0.03], [0.0, 0.03]),
        ('fraction', 0.0, [-0.3, 0.25, 1.4], [0.01, 0.03, 0.09]),
        ('fraction', 1.0, [0.0, 0.25, 1.0], [0.09, 0.07, 0.01]),
        ('binary', 0.0, [0.2, 0.7], [0.01, 0.09]),
        ('binary', 1.0, [0.2, 0.7], [0.09, 0.01]),
        ('signed', -1.0, [-1.0, 0.0, 1.0], [0.01, 0.05, 0.09]),
        ('signed', 1.0, [-1.0, 0.0, 1.0], [0.09, 0.05, 0.01]),
    ],
)
def test_grippers_are_converted_as_declared(convention, closed_is, numbers, openings):
    ends = {} if convention == 'metres' else {'open': 0.09, 'closed': 0.01}
    group = Group('gripper', gripper=convention, closed_is=closed_is, **ends)
    space = ActionSpace((Group('pose'), group))
    actions = np.zeros((len(numbers), 8))
    actions[:, 6], actions[:, 7] = 1.0, numbers
    absolute = space.absolute(actions, a_state(np.random.default_rng(0), ONE))
    assert absolute[:, 7] == pytest.approx(openings)


@given(
    share=st.floats(0, 1),
    closed=st.booleans(),
    convention=st.sampled_from(['fraction', 'signed']),
)
def test_shares_come_back(share, closed, convention):
    closed_is = {'fraction': (0.0, 1.0), 'signed': (-1.0, 1.0)}[convention][closed]
    back = share_of(from_share(np.array([share]), convention, closed_is), convention, closed_is)
    assert back[0] == pytest.approx(share, abs=1e-12)


def test_limbs_do_not_mix():
    state = a_state(np.random.default_rng(3), BODY)
    still = np.zeros(BODY.width)
    still[14:16], still[19:] = [0.1, -0.2], [0.3, 0.0, -0.4]
    absolute = BODY.absolute(still, state)
    assert absolute[:3] == pytest.approx(state[8:11])
    assert absolute[8:11] == pytest.approx(state[24:27])
    # Torso and head: what is measured of each, then what is commanded.
    assert absolute[16:19] == pytest.approx(state[35:38] + [0.1, -0.2, 0.0])
    assert absolute[19:21] == pytest.approx(state[40:42])
    assert absolute[21:].tolist() == [0.3, 0.0, -0.4]  # of twists nothing is relative


def an_arm(rng, spec, **more):
    """Return a state of an arm, at random."""
    poses = []
    for _ in range(2):
        turn = rng.normal(size=4)
        poses.append(Pose(rng.normal(size=3), turn / np.linalg.norm(turn)))
    here, wanted = poses
    q, commanded = rng.normal(size=(2, spec.n))
    return RobotState(
        0, q, np.zeros(spec.n), here, 0.02, wanted, 0.03, commanded_position=commanded, **more
    )


def a_body(rng):
    """Return a state of the humanoid, at random."""
    limbs = []
    for _, spec in named_limbs(HUMANOID):
        if spec.kind == 'arm':
            limbs.append(an_arm(rng, spec))
        elif spec.kind == 'joint_group':
            q, commanded = rng.normal(size=(2, spec.n))
            limbs.append(JointGroupState(0, q, np.zeros(spec.n), commanded))
        else:
            limbs.append(MobileBaseState(0, *rng.normal(size=(2, 3))))
    return BodyState(0, tuple(limbs))


ORIGINS = ['commanded', 'measured', 'previous', 'nothing']
GRIPPERS = [
    ('metres', 0.0), ('fraction', 0.0), ('fraction', 1.0), ('signed', -1.0), ('signed', 1.0),
    ('binary', 0.0), ('binary', 1.0),
]  # fmt: skip


@st.composite
def spaces_of(draw, robot):
    """Draw an action space of some limbs of a robot: any kind, encoding, origin and convention."""
    groups = []
    for name, spec in named_limbs(robot):
        if not draw(st.booleans()):
            continue
        origin = draw(st.sampled_from(ORIGINS))
        if spec.kind == 'mobile_base':
            groups.append(Group('twist', name))
        elif spec.kind == 'joint_group' or draw(st.booleans()):
            groups.append(Group('joint', name, spec.joint_names, origin))
        else:
            rotation = draw(st.sampled_from(sorted(WIDTHS)))
            groups.append(Group('pose', name, (), origin, rotation))
        if spec.kind == 'arm' and draw(st.booleans()):
            convention, closed_is = draw(st.sampled_from(GRIPPERS))
            ends = {} if convention == 'metres' else {'open': 0.09, 'closed': 0.01}
            groups.append(
                Group('gripper', name, (), gripper=convention, closed_is=closed_is, **ends)
            )
    return ActionSpace(tuple(groups or [Group('pose', named_limbs(robot)[0][0])]))


@pytest.mark.parametrize('robot', [FRANKA, HUMANOID], ids=lambda robot: robot.name)
@given(data=st.data(), seed=SEEDS)
def test_absolute_chunks_go_into_any_space_and_back(robot, data, seed):
    rng, space = np.random.default_rng(seed), data.draw(spaces_of(robot))
    space.check(robot)
    limbs = [name for name, _ in named_limbs(robot)]
    state = an_arm(rng, robot) if robot is FRANKA else a_body(rng)
    absolute = rng.normal(size=(6, len(space.channels)))
    start = 0
    for group in space.groups:
        own = absolute[:, start : start + len(group.parts)]
        if group.kind == 'pose':
            own[:, 3:] /= np.linalg.norm(own[:, 3:], axis=-1, keepdims=True)
        elif group.kind == 'gripper':  # what is binary is open or closed
            own[:] = (
                rng.choice([0.01, 0.09], own.shape)
                if group.gripper == 'binary'
                else (rng.uniform(0.01, 0.09, own.shape))
            )
        start += len(group.parts)
    relative = space.relative(absolute, state, limbs)
    assert relative.shape == (6, space.width) and len(space.units) == space.width
    back, start = space.absolute(relative, state, limbs), 0
    for group in space.groups:
        columns = slice(start, start + len(group.parts))
        own, other = absolute[:, columns], back[:, columns]
        if group.kind == 'pose':
            assert_same_turns(own[:, 3:], other[:, 3:], 1e-9)
            own, other = own[:, :3], other[:, :3]
        np.testing.assert_allclose(own, other, atol=1e-9)
        start = columns.stop


@given(seed=SEEDS, origin=st.sampled_from(ORIGINS))
def test_joints_of_an_arm_are_relative_to_joints(seed, origin):
    rng = np.random.default_rng(seed)
    space = ActionSpace((Group('joint', '', FRANKA.joint_names, origin), Group('gripper')))
    state, actions = an_arm(rng, FRANKA), rng.normal(size=(3, 8))
    expected = {
        'commanded': actions[:, :7] + state.commanded_position,
        'measured': actions[:, :7] + state.position,
        'previous': np.cumsum(actions[:, :7], 0) + state.commanded_position,
        'nothing': actions[:, :7],
    }[origin]
    absolute = space.absolute(actions, state)
    np.testing.assert_allclose(absolute[:, :7], expected)
    np.testing.assert_allclose(space.relative(absolute, state), actions, atol=1e-12)
    if origin != 'nothing':
        with pytest.raises(ActionSpaceError, match='has no joints of an arm'):
            space.absolute(actions, state.vector())


def test_joints_that_nobody_reports_are_named():
    pose = Pose(np.zeros(3), np.array([1.0, 0.0, 0.0, 0.0]))
    state = RobotState(0, FRANKA.home, np.zeros(7), pose, 0.0, pose, 0.0)
    space = ActionSpace((Group('joint', '', FRANKA.joint_names, 'commanded'),))
    with pytest.raises(ActionSpaceError, match="relative to 'commanded', and nobody reports"):
        space.absolute(np.zeros((1, 7)), state)


def test_a_space_of_some_limbs_finds_their_states_by_name():
    rng = np.random.default_rng(5)
    state, limbs = a_body(rng), [name for name, _ in named_limbs(HUMANOID)]
    space = ActionSpace((Group('joint', 'head', LIMBS['head'].joint_names, 'measured'),))
    found = space.absolute(np.zeros((1, LIMBS['head'].n)), state, limbs)
    np.testing.assert_array_equal(found[0], state.limbs[limbs.index('head')].position)
    with pytest.raises(ActionSpaceError, match=r"expected the limbs \['head'\], got 5"):
        space.absolute(np.zeros((1, LIMBS['head'].n)), state)


@pytest.mark.parametrize(
    ('made', 'words'),
    [
        (lambda: Group('joint'), 'names: expected those of the joints'),
        (lambda: Group('pose', names=('x',)), 'names: expected'),
        (lambda: Group('twist', relative_to='measured'), 'a twist is absolute'),
        (lambda: Group('gripper', gripper='fraction'), '0 <= closed < open'),
        (lambda: Group('gripper', gripper='signed', open=0.1), 'closed_is: expected one of'),
        (lambda: ActionSpace(()), 'one or more'),
        (lambda: ActionSpace((Group('pose'), Group('pose'))), 'given twice'),
        (
            lambda: ActionSpace((Group('pose', 'a'), Group('pose', 'b'), Group('gripper', 'a'))),
            'those of a limb stand apart',
        ),
    ],
)
def test_what_makes_no_sense_is_refused(made, words):
    with pytest.raises(ValueError, match=words):
        made()


def test_a_limb_that_is_not_there_is_named():
    with pytest.raises(ActionSpaceError, match="has no limb 'tail'; it has"):
        ActionSpace((Group('pose', 'tail'),)).check(HUMANOID)
