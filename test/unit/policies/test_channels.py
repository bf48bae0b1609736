"""The limbs and kinds that channels belong to."""

import numpy as np
import pytest

from vla_ros.policies import kinds_of, parts_of
from vla_ros.policies.channels import ARM
from vla_ros.robots import load_robot


POSE = ('position',) * 3 + ('rotation',) * 3 + ('gripper',)
BODY = (
    *(f'left.{name}' for name in ARM),
    *(f'right.{name}' for name in ARM),
    *('waist.waist_yaw_joint', 'waist.waist_roll_joint'),
    *('base.vx', 'base.vy', 'base.wz'),
)


def test_an_only_arm_has_no_name():
    (part,) = parts_of(load_robot('franka').channels)
    assert (part.limb, part.kind) == ('', 'arm')
    assert (part.absolute, part.relative) == (slice(0, 8), slice(0, 7))
    assert part.commanded == slice(8, 16)
    assert kinds_of(load_robot('ur5e').channels) == POSE


def test_a_body_has_its_limbs_in_order():
    parts = parts_of(BODY)
    assert [(p.limb, p.kind) for p in parts] == [
        ('left', 'arm'), ('right', 'arm'), ('waist', 'joint_group'), ('base', 'mobile_base'),
    ]  # fmt: skip
    assert [p.absolute.stop for p in parts] == [8, 16, 18, 21]
    assert [p.relative.stop for p in parts] == [7, 14, 16, 19]
    assert [p.commanded.start for p in parts] == [8, 24, 34, 39]
    assert kinds_of(BODY) == (*POSE, *POSE, 'joint', 'joint', 'twist', 'twist', 'twist')
    # What is measured and what is commanded of each limb makes the whole state.
    covered = np.zeros(2 * len(BODY), int)
    for part in parts:
        width = part.absolute.stop - part.absolute.start
        covered[part.commanded.start - width : part.commanded.stop] += 1
    assert (covered == 1).all()


@pytest.mark.parametrize(
    'channels', [('left.mood',), ARM[:-1], (*ARM[1:], ARM[0]), ('base.vx', 'base.wz')]
)
def test_what_is_no_limb_is_named(channels):
    with pytest.raises(ValueError, match='channels of limb .*: expected those of an arm'):
        parts_of(channels)
