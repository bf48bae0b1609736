"""What is run to judge a policy, and the figures that come of it."""
