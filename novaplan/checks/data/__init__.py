"""Data: who owns it, who writes it, and whether it is there."""
