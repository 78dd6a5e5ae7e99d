"""One module per command; its file name is the command's name, and its ``app`` is what runs."""
