"""Contact and force: estimated or measured."""
