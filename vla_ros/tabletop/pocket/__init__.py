"""Demonstrations into a policy directory. The only stage that imports torch."""
