"""Subscriptions that make observations."""
