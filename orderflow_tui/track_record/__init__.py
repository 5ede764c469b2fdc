"""How each rule has done on recorded outcomes."""
