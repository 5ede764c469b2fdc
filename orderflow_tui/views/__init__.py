"""Frozen views of the monitor's state, how they are built, and their words."""
