"""What a symbol teaches: usual sizes and ratios, and what followed each alert."""
