"""How a rendered system is laid out in files."""
