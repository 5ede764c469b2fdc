"""Where market data comes from; every feed delivers the same messages."""
