"""Parts of a live feed that know no vendor."""
