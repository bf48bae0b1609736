"""Trials on fresh scenes and what came of them."""
