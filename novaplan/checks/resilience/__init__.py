"""Resilience: what happens to requests when something is slow, restarted, scaled or replaced."""
