"""One file a rule, and what every rule shares."""
