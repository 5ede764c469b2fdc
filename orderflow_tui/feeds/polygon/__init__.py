"""Polygon.io (now Massive) over REST: the client, the wire formats and the polling feed."""
