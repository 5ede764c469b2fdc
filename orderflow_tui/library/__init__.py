"""The plan's public classes, for callers who bring their own loop."""
