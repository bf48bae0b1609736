"""Which nodes with which parameters make up a robot, and the local runner that starts them."""
