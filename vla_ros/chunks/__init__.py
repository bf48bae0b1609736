"""Experts, and the queue that executes what they predict."""
