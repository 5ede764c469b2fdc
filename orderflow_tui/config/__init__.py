"""Every setting: its name, its bounds, where it came from, how it is changed."""
