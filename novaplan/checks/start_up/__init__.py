"""Whether everything starts: what waits for what, and for how long."""
