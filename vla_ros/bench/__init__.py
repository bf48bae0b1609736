"""What an operator looks at while the robot works."""
