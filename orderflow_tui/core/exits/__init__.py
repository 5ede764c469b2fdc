"""When evidence becomes an exit recommendation, and what becomes of it."""
