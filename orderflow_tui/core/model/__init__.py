"""The core's vocabulary: events in, outputs out, units, public records."""
