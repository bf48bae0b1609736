"""A kind of expert for vla_ros, and a policy directory that names it."""
