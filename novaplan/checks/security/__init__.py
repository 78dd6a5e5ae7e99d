"""Security: who can read what is secret, and who can reach what is not meant for them."""
