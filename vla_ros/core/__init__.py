"""What every room stands on: the data that flows, configuration, paths, rotations."""
