"""Checks: what is wrong with a system, and whether its promises hold.

One check is one file in the folder of its family; it is found by discovery, and its name is its file name with dashes.
Reading order: ``reading`` makes a Description of what was named, ``cluster`` arranges Kubernetes objects for asking,
``catalogue`` finds the checks, ``running`` runs them, ``waivers`` sets findings aside, ``sarif`` writes them down.

A module of a check defines

- a docstring: its first paragraph says in one sentence what must hold, the rest why, and where the rule comes from;
- ``SEVERITY``: ``error``, ``warning`` or ``note``, for findings that do not say their own;
- one or more of these functions, each named after what it reads, each giving ``Found`` values:

  ``objects(cluster: Cluster)``       Kubernetes objects as they were written
  ``compose(project: Project)``       services of compose files, merged
  ``workloads(draft: Draft)``         what containers see, of either: variables, arguments, files, ports, names
  ``topology(system: System)``        the typed graph, with the capacity of nodes and the claims, where given
  ``against(one, other)``             two Descriptions of one system

Of a description only the nearest reading that the check has is used, in that order: a check with ``objects`` and
``topology`` reads the objects where there are any, and the topology where that is all there is. ``against`` runs where
two descriptions are compared.
"""
