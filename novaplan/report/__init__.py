"""The report: one HTML page about two topologies, for the meeting where the decision is made.

Reading order: ``page`` gathers what is on it; the modules named after the sections say what each shows, as values, with
``planned`` for the plan and all that hangs on it; ``filling`` writes them down with the templates, ``page.css`` and
``page.js``. The page asks nothing of any network.
"""
