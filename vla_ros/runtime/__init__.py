"""The stages put together without ROS: lockstep, the real-time process, demonstrations."""
