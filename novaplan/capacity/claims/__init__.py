"""Figures that somebody stated, each held against the computed one."""
