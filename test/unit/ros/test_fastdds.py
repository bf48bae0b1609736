"""The profile of Fast DDS: adopted where nobody chose another, and soon discovered with."""

import os
import re

import pytest

from vla_ros.core.paths import share_dir
from vla_ros.ros.fastdds import adopt_profile, discovery_time, profile_variables


@pytest.fixture
def bare(monkeypatch):
    for name in profile_variables():
        monkeypatch.setenv(name, '')  # whatever is set in the test comes off after it
        monkeypatch.delenv(name)
    return monkeypatch


def test_without_a_profile_discovery_takes_the_default_announcements(bare):
    assert discovery_time() > 3.0


def test_an_adopted_profile_announces_at_least_twice_in_the_time_that_is_waited(bare):
    adopt_profile()
    assert profile_variables().items() <= os.environ.items()
    text = (share_dir() / 'config' / 'fastdds.xml').read_text()
    announcement = re.search(r'<leaseAnnouncement>.*?</leaseAnnouncement>', text, re.DOTALL)[0]
    seconds, nanoseconds = (int(number) for number in re.findall(r'>(\d+)<', announcement))
    assert 2 * (seconds + 1e-9 * nanoseconds) < discovery_time() < 3.0


def test_a_profile_of_the_users_own_stays_and_is_waited_for_as_by_default(bare):
    name = next(iter(profile_variables()))
    bare.setenv(name, '/own.xml')
    adopt_profile()
    assert os.environ[name] == '/own.xml'
    assert not any(os.environ.get(other) for other in profile_variables() if other != name)
    assert discovery_time() > 3.0
