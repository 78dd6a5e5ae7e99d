"""novaplan plans the consolidation of a microservice system and proves each step of the way."""

__version__ = "0.1.0"
