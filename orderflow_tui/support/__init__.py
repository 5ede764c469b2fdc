"""Small parts that know nothing of markets."""
