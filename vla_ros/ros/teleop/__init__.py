"""The parts of the teleoperation node."""
