"""A check of everything a run needs, each finding with what to do."""
