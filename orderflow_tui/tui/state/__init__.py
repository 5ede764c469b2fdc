"""What the screen remembers between paints."""
