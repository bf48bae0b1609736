"""What is commanded is published once for each tick, also after the clock went back."""

from types import SimpleNamespace

from vla_ros.core.data import SECOND
from vla_ros.ros.control.limb_reports import LimbReports


class Reports(LimbReports):
    """Publishes to a list what stands at a stamp."""

    def __init__(self):
        self.stamp, self.sent = 0, []

    def _read(self):
        return SimpleNamespace(state=SimpleNamespace(stamp=self.stamp))

    def _send(self, snapshot):
        self.sent.append(snapshot.state.stamp)


def at(*stamps):
    reports = Reports()
    for reports.stamp in stamps:
        reports.publish()
    return reports.sent


def test_a_tick_is_published_once_and_none_after_a_newer_one():
    assert at(5, 5, 9, 7, 10) == [5, 9, 10]


def test_after_a_clock_that_went_back_what_is_older_is_new():
    assert at(100 * SECOND, 100 * SECOND, 3, 4) == [100 * SECOND, 3, 4]
