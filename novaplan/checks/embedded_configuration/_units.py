"""Units of memory, as the configuration of servers writes them."""

BYTES = {"": 1, "b": 1, "k": 1000, "kb": 1024, "m": 1000**2, "mb": 1024**2, "g": 1000**3, "gb": 1024**3}
"""Of Redis."""
PAGES = {"": 8192, "b": 1, "kb": 1024, "mb": 1024**2, "gb": 1024**3}
"""Of PostgreSQL, for what it counts in pages."""
