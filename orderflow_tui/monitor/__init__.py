"""The watch: one thread between feeds, core, journal and screen."""
