"""References: what is named must be there, and what is there should be named by somebody."""
