"""Architecture: what speaks for merging services, with the measures behind it."""
