"""The model: a whole system as one immutable value, its parts, its graph and its file form."""
