"""Whether what claims to survive the loss of a part does."""
