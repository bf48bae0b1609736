"""Who has the arm: nothing but a press takes it, nothing but letting go gives it back."""

from hypothesis import given
from hypothesis import strategies as st
import pytest

from vla_ros.control.loops.supervisor import Event, Supervisor
from vla_ros.core.data import SECOND, Mode
from vla_ros.teleop import Handover, HandoverConfig, Operator


UP, DOWN = {'deadman': False}, {'deadman': True}
LOST = {'cause': 'joy: nothing for 0.3 s'}
TICK = SECOND // 50


class Play:
    """A handover with the control node's real supervisor, which answers at once or later."""

    def __init__(self, release_after=0.0, answers=True):
        self.handover = Handover(HandoverConfig(release_after))
        self.supervisor = Supervisor()
        self.supervisor.post(Event.START, 'pick up the red cube')
        self.answers = answers
        self.now = 0
        self.asked, self.news = [], []

    @property
    def mode(self):
        return self.supervisor.mode

    def tick(self, mode='', refusal='', **intent):
        self.now += TICK
        request = self.handover.step(
            self.now,
            Operator(self.now, **intent),
            self.mode if mode == '' else mode,
            lambda: refusal,
        )
        if request:
            self.asked.append(request)
            if self.answers:
                cause = self.supervisor.post(Event[request.upper()])
                self.handover.answer(self.now, cause)
        self.news += [news] if (news := self.handover.news()) else []
        return self.handover.engaged

    def run(self, seconds, **intent):
        for _ in range(round(seconds * 50)):
            self.tick(**intent)
        return self.handover.engaged

    def take(self):
        self.tick(**UP)
        assert self.run(0.1, **DOWN)
        return self


def test_a_press_takes_the_arm_and_a_button_gives_it_back():
    play = Play()
    assert not play.run(1.0, **UP)
    assert play.run(0.1, **DOWN) and play.mode is Mode.TAKEOVER
    assert play.run(10.0, **UP)  # without release_after it stays with the person
    assert not play.run(0.1, release=True) and play.mode is Mode.RUN
    assert play.asked == ['takeover', 'release']
    assert play.news == ['you have the arm', 'the arm is given back']


def test_letting_go_for_a_while_gives_it_back():
    play = Play(release_after=1.0).take()
    assert play.run(0.9, **UP) and play.run(0.1, **DOWN) and play.run(0.9, **UP)
    assert not play.run(0.3, **UP) and play.mode is Mode.RUN


def test_lost_inputs_do_not_give_it_back():
    play = Play(release_after=1.0).take()
    assert play.run(10.0, **LOST) and play.mode is Mode.TAKEOVER
    assert play.run(0.9, **UP)
    assert not play.run(0.3, **UP)


@pytest.mark.parametrize('before', [{}, LOST], ids=['from the beginning', 'after a loss'])
def test_a_switch_that_was_not_seen_to_go_down_takes_nothing(before):
    play = Play()
    if before:
        play.run(0.2, **UP)
        play.run(0.2, **before)
    assert not play.run(1.0, **DOWN) and play.asked == []
    play.take()


def test_a_release_button_that_is_down_from_the_beginning_releases_nothing():
    play = Play()
    play.supervisor.post(Event.TAKEOVER)
    play.run(0.5, release=True)
    assert play.asked == [] and play.mode is Mode.TAKEOVER
    # Pressed anew it gives an arm back that another person left behind.
    play.tick(**UP)
    play.run(0.1, release=True)
    assert play.mode is Mode.RUN


def test_a_refusal_is_told_once_and_not_asked_again():
    play = Play()
    play.supervisor.post(Event.ESTOP)
    play.run(0.2, **UP)
    assert not play.run(1.0, **DOWN)
    assert play.asked == ['takeover'] and len(play.news) == 1 and 'stopped' in play.news[0]
    play = Play()
    play.tick(**UP)
    play.run(0.5, refusal='too far away', **DOWN)
    assert play.asked == [] and play.news == ['not taken over: too far away']


def test_no_answer_is_no_arm():
    play = Play(answers=False)
    play.tick(**UP)
    assert not play.run(3.0, **DOWN)
    assert play.asked == ['takeover'] and play.news == ['takeover: no answer within 1 s']
    play.handover.answer(play.now, '')  # too late
    assert not play.run(0.5, mode=Mode.TAKEOVER, **DOWN)


def test_an_arm_that_is_taken_away_has_to_be_taken_again():
    play = Play().take()
    play.supervisor.post(Event.HOLD)
    assert not play.run(0.5, **DOWN) and 'it is in HOLD' in play.news[-1]
    play.take()
    assert not play.run(0.1, mode=None, **DOWN) and 'silent' in play.news[-1]
    play.tick(**UP)
    play.tick(mode=None, **DOWN)
    assert 'the control node is silent' in play.news[-1]


steps = st.lists(
    st.tuples(
        st.booleans(), st.booleans(), st.sampled_from(['', 'lost']),
        st.sampled_from([None, Event.HOLD, Event.ESTOP, Event.RESET, Event.RESUME, Event.RELEASE]),
    ),
    max_size=60,
)  # fmt: skip


@given(steps, st.sampled_from([0.0, 0.1]), st.booleans())
def test_whatever_happens_only_a_person_with_the_arm_is_passed_on(steps, release_after, answers):
    play = Play(release_after, answers)
    down, pressed = True, False
    for deadman, release, cause, event in steps:
        if event is not None:
            play.supervisor.post(event)
        deadman = deadman and not cause
        pressed = pressed or (deadman and not down)
        down = deadman or bool(cause)
        engaged = play.tick(deadman=deadman, release=release, cause=cause)
        assert not engaged or (play.mode is Mode.TAKEOVER and pressed and answers)


def test_a_wrong_wait_is_named():
    with pytest.raises(ValueError, match='release_after: expected 0..60 s'):
        HandoverConfig(-1.0)
