"""The profile of Fast DDS that every process of the stack has, config/fastdds.xml."""

import os

from vla_ros.core.paths import share_dir


_VARIABLES = ('FASTRTPS_DEFAULT_PROFILES_FILE', 'FASTDDS_DEFAULT_PROFILES_FILE')
# s in which whoever joins the graph has heard from all who are in it. What a participant says at
# once to one that joins is lost as often as not; what counts is how often it speaks unasked: by
# the profile's `leaseAnnouncement` every 0.5 s, by default every 3 s.
_BY_PROFILE, _BY_DEFAULT = 1.5, 3.3


def profile_variables() -> dict[str, str]:
    """Return the environment variables that name the profile."""
    return dict.fromkeys(_VARIABLES, str(share_dir() / 'config' / 'fastdds.xml'))


def adopt_profile() -> None:
    """Take the profile, unless the user has chosen one: before the process first uses ROS."""
    if not any(os.environ.get(name) for name in _VARIABLES):
        os.environ.update(profile_variables())


def discovery_time() -> float:
    """Return the time after joining the graph in which all of it is discovered, s.

    Where the user has chosen another profile, the others on this machine have that, too.
    """
    ours = profile_variables().items()
    return _BY_PROFILE if ours <= os.environ.items() else _BY_DEFAULT
