"""ROS 2 nodes: parameters, one frozen config, one pure object, callbacks. One node per file."""
