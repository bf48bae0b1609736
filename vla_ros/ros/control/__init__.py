"""The parts of the control node."""
