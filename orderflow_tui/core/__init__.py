"""The detector core: market events in, alerts out. No I/O, no clock, no thread."""
