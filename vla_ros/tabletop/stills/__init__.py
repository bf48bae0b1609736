"""Pictures of still scenes, for training the eyes."""
