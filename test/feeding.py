"""What the tests of real control processes tell them of their limbs."""

import numpy as np


def obey_twist(process, number, stamp):
    """Say that a drive does what it was commanded last, at `stamp` ns."""
    last = process.mobile_base(number)
    twist = np.zeros(3) if last is None else last.state.commanded
    process.odom(stamp, np.zeros(3), twist, number)
