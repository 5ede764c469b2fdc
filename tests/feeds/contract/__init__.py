"""One contract, kept by every source."""
