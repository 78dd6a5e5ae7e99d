"""Whether programs understand the configuration that stands inside the files, and find what it names."""
