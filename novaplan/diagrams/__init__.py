"""Diagrams: a system as a picture.

Reading order: ``picture`` is what is to be drawn, without a word about how; ``system`` makes one of a topology,
``comparison`` one of two, ``film`` one of many states, ``step`` one of a step in a plan; ``folding`` takes out arrows
that nobody could follow. ``columns`` says where boxes stand; ``dot`` and ``mermaid`` write it down, ``drawing`` has it
drawn, ``svg`` makes what Graphviz wrote fit for a page, ``notebook`` shows it.
"""
