"""The difference between two topologies: typed changes, with what became of every part."""
