"""Diagrams: a system as a picture.

Reading order: ``picture`` is what is to be drawn, without a word about how; ``system`` makes one of a topology,
``comparison`` one of two; ``dot`` and ``mermaid`` write it down, ``drawing`` has it drawn.
"""
