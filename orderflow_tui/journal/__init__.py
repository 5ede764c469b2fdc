"""The journal: what was said and what was answered, one JSON record a line, durable.

The reading half needs the standard library and msgspec alone.
"""
