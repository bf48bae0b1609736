"""What the processes of the tests have in their environment: this one, and those it starts."""

import os
from pathlib import Path

from vla_ros.ros.fastdds import profile_variables
from vla_ros.ros.node_process import PARENT


_OWN = dict.fromkeys(profile_variables(), str(Path(__file__).with_name('fastdds.xml')))


def adopt_bench_profile():
    """Take the benches' profile of Fast DDS and this machine alone; before ROS is first used."""
    os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'LOCALHOST'
    os.environ.update(_OWN)


def environment_in(domain, orphan=True):
    """Return the environment of a process in `domain`, with the profile of its own choice.

    Unless it is an `orphan`, it ends with this one.
    """
    own = _OWN.items()
    made = {name: value for name, value in os.environ.items() if (name, value) not in own}
    made['ROS_DOMAIN_ID'] = str(domain)
    if not orphan:
        made[PARENT] = str(os.getpid())
    # Another process's Python would believe that its libraries are set up already.
    made.pop('_ROS_WHEELS_BOOTSTRAP_COMPLETE', None)
    return made
