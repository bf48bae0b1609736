"""Everything that touches ROS 2: nodes, converters, drivers, bringup."""
