"""What the market is: prices, sides, volume windows, sessions, sale conditions."""
