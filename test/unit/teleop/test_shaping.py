import math

from hypothesis import given
from hypothesis import strategies as st
import pytest

from vla_ros.teleop.shaping import AxisMap, Speeds, Term, without_dead_zone


deflection = st.floats(-1, 1)


@given(deflection, st.floats(0, 0.9))
def test_the_dead_zone_is_continuous_odd_and_leaves_full_deflection(value, width):
    shaped = without_dead_zone(value, width)
    assert abs(shaped) <= abs(value) + 1e-12
    assert shaped == 0 if abs(value) <= width else shaped * value > 0 or abs(shaped) < 1e-12
    assert without_dead_zone(-value, width) == -shaped
    assert without_dead_zone(1.0, width) == 1.0
    step = abs(without_dead_zone(value + 1e-6, width) - shaped)
    assert step <= 1.01e-6 / (1 - width)


@given(st.floats(0, 1), st.tuples(*[st.floats(allow_nan=False)] * 6), st.floats(0, 1))
def test_norms_stay_below_the_speeds(expo, deflections, part):
    speeds = Speeds(0.25, 0.8, expo)
    twist = speeds.twist(deflections, part)
    # The second term: numbers this small have no relative precision.
    assert math.hypot(*twist[:3]) <= part * 0.25 * (1 + 1e-12) + 1e-300
    assert math.hypot(*twist[3:]) <= part * 0.8 * (1 + 1e-12) + 1e-300
    assert all(a == 0 or (a > 0) == (b > 0) for a, b in zip(twist, deflections, strict=True))


def test_expo_is_finer_about_the_middle_and_the_same_at_the_ends():
    plain, fine = Speeds(1.0, 1.0), Speeds(1.0, 1.0, 1.0)
    assert plain.twist((0.5, 0, 0, 0, 0, 0))[0] == 0.5
    assert fine.twist((0.5, 0, 0, 0, 0, 0))[0] == 0.125
    assert fine.twist((-1.0, 0, 0, 0, 0, 0))[0] == -1.0


def test_axes_and_buttons_are_mapped_with_their_signs():
    mapping = AxisMap(
        x=(Term(axis=1),),
        y=(Term(axis=0, scale=-0.5),),
        z=(Term(button=2), Term(button=0, scale=-1)),
    )
    assert (mapping.axes, mapping.buttons) == (2, 3)
    assert mapping.read((1.0, 0.5), (0, 1, 1), 0.0) == (0.5, -0.5, 1.0, 0, 0, 0)
    assert mapping.read((1.0, 0.5), (1, 1, 1), 0.0)[2] == 0
    # A button that is neither 0 nor 1 is not pressed.
    assert mapping.read((1.0, 0.5), (7, 1, -1), 0.0)[2] == 0
    assert AxisMap().axes == AxisMap().buttons == 0


def test_terms_of_a_component_add_up_to_full_deflection_at_most():
    mapping = AxisMap(x=(Term(axis=0), Term(axis=1)))
    assert mapping.read((1.0, 1.0), (), 0.0)[0] == pytest.approx(1.0)
