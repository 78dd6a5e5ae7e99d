"""Where two descriptions of one system differ."""
