"""Claims: figures that somebody stated."""
