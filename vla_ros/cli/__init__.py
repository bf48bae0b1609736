"""The commands of `vla_ros`, one file each: NAME and `command`, a typer function."""
