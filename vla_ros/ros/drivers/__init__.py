"""The topics of real robots' drivers."""
