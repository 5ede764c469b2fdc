"""One engine watches, any number of screens look: the engine's socket, what goes over it, and both of its ends."""
