"""Limits of motion, force and space; they come last and always."""
