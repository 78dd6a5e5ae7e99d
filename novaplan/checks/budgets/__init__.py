"""Budgets: what is asked for, and what there is."""
