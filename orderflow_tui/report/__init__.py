"""Figures over a journal: what was said, how fast, what was answered."""
