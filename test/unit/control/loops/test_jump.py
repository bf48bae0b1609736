"""Which steps a limb can make, and when one is believed elsewhere."""

from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

from vla_ros.control.loops.jump import STEADY, JumpDetector
from vla_ros.core.data import SECOND


MS = SECOND // 1000
SPEED = 2.0  # rad/s
START = 1_000 * SECOND
rates = st.integers(10, 1000)  # Hz
jumps = st.floats(1.0, 100.0).flatmap(lambda size: st.sampled_from([size, -size]))


class Stream:
    """A detector, and a clock."""

    def __init__(self, rate=1000):
        self.detector = JumpDetector(('a', 'b'), ('rad', 'rad'), (SPEED, SPEED))
        self.now, self.period = START, SECOND // rate

    def say(self, a, b=0.0, late=0):
        self.now += self.period
        return self.detector.problem([a, b], self.now - late, self.now)


@given(rates, st.data())
def test_what_a_joint_can_do_is_believed_however_it_is_stamped(rate, data):
    stream, q = Stream(rate), 0.0
    for _ in range(30):
        q += data.draw(st.floats(-1.2, 1.2)) * SPEED / rate
        assert stream.say(q, late=data.draw(st.integers(0, 20)) * MS) == ''
        assert not stream.detector.settled


@settings(max_examples=40)
@given(rates, jumps)
def test_a_jump_is_believed_only_once_it_was_steady(rate, size):
    stream = Stream(rate)
    assert stream.say(0.0) == ''
    begin = stream.now + stream.period
    while cause := stream.say(size):
        assert stream.now - begin < STEADY * SECOND + stream.period
        assert f'a jumped from 0.000 to {size:.3f} rad' in cause
    assert stream.detector.settled and stream.now - begin >= STEADY * SECOND
    assert stream.say(size) == '' and not stream.detector.settled


@settings(max_examples=40)
@given(rates, jumps, st.integers(1, 20))
def test_of_two_publishers_the_first_is_believed_and_the_other_never(rate, size, every):
    stream = Stream(rate)
    stream.say(0.0)
    for i in range(min(3 * rate, 1500)):
        second = i % (1 + every) == 0
        assert bool(stream.say(size if second else 0.0)) == second
        assert not stream.detector.settled


def test_a_sample_that_is_read_again_does_not_make_itself_steady():
    stream = Stream()
    stream.say(0.0)
    stamp = stream.now
    for _ in range(2000):
        stream.now += MS
        assert stream.detector.problem([3.0, 0.0], stamp, stream.now)


def test_two_samples_far_apart_are_not_steady():
    stream = Stream(rate=2)
    stream.say(0.0)
    causes = [stream.say(30.0) for _ in range(6)]
    assert causes[:4] == causes[:1] * 4 and causes[0] and not causes[5]


def test_another_place_under_the_same_stamp_is_a_jump():
    stream = Stream()
    stream.say(0.0)
    assert 'jumped' in stream.detector.problem([3.0, 0.0], stream.now, stream.now)


def test_a_stamp_far_ahead_does_not_make_a_jump_plausible():
    stream = Stream()
    stream.say(0.0)
    assert 'jumped' in stream.say(1.0, late=-SECOND)


def test_after_a_silence_a_joint_may_be_as_far_as_it_can_go():
    stream = Stream()
    stream.say(0.0)
    stream.now += SECOND
    assert stream.say(SPEED) == ''


@pytest.mark.parametrize('way', ['forget', 'time goes back'])
def test_who_says_that_it_was_put_elsewhere_is_believed(way):
    stream = Stream()
    stream.say(0.0)
    if way == 'forget':
        stream.detector.forget()
    else:
        stream.now -= SECOND
    assert stream.say(3.0) == '' and not stream.detector.settled
    assert stream.say(3.0) == ''


@given(st.lists(st.sampled_from([0.0, 0.3, 1.0, -2.0]), max_size=60), rates)
def test_what_is_believed_follows_from_what_was(places, rate):
    """But where it says that it does not: then the limb is taken up anew."""
    stream, last = Stream(rate), None
    for place in places:
        if stream.say(place):
            continue
        if last is not None and not stream.detector.settled:
            before, when = last
            reach = 0.02 + 1.5 * SPEED * ((stream.now - when) / SECOND + 0.02)
            assert abs(place - before) <= np.nextafter(reach, np.inf)
        last = place, stream.now
