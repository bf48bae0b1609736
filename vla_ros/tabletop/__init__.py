"""The world in which the stack is shown, tested and compared; no robot needs it."""
