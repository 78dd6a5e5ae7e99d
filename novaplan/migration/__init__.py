"""Migration: from the current topology to the target one in steps, each proved safe.

Reading order: ``step`` says what a step is, ``edits`` what it does to a topology; ``order`` is the partial order that
steps are taken in and ``world`` every state that can be reached in it. ``proof`` holds the ``invariants`` (one file
each) against all of those; ``planning`` makes the steps of ``steps`` (one file for each kind) and orders them.
"""
