"""Keys and what they do."""
