"""The report: one HTML page about two topologies, for the meeting where the decision is made.

Reading order: ``page`` gathers what is on it; ``summary``, ``pictures``, ``figures``, ``placements``, ``steps`` and
``walk`` say each section's content as values; ``filling`` writes them down with the templates, ``page.css`` and
``page.js``. The page asks nothing of any network.
"""
