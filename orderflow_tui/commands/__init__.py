"""One file a command: what it wires together and how it ends."""
