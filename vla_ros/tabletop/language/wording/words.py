"""What people say for one thing in several kinds of requests."""

GET = '(pick up|grab|lift|take|grasp|fetch|get|raise|pick|collect|seize|hoist|get hold of)'
PUT = '(put|place|drop|set|lay|move|deposit|bring|carry|toss|put down|throw)'
INTO = '(in|into|inside|inside of|down into|within|to)'
BY = '(with|using|by means of)'
HAND = '(arm|hand|gripper)'
RAISE = '(lift|raise|lift up|pick up|hoist|take up|hold up|heave)'
BOTH = '(with both|using both|with your two|using the two)'
