"""Chunks to torques: queue, supervisor, control laws and the limits that come last."""
