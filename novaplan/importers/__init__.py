"""Importers: a running system, as compose files or Kubernetes manifests, becomes a topology.

Reading order: ``draft`` is what both importers fill, ``derivation`` makes a topology of it, with ``addresses`` and
``recognition`` telling what a text names and what a workload is; ``report`` says what could not be told.
"""
