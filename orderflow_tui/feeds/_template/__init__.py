"""A source to copy: a stream of prints and quotes that replays nothing. `docs/new-source.md` says what to change."""
