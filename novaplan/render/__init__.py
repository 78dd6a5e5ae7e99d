"""Rendering: everything a team needs to run a topology, as files.

Reading order: ``settings`` holds what a topology does not say (images, storage class, ingress class, hosts),
``context`` puts both together with the names of objects and their addresses, ``manifests`` builds one object.
``workloads``, ``network`` and ``datastores`` make the objects, ``credentials`` says which secrets they need and
``secrets`` in which form those are written; ``layouts`` arranges it all into a ``tree`` of files, beside the guides and
the deploy script of ``guides``. ``record`` adds what Kubernetes has no place for, so that an import gives the topology
back; ``validation`` holds the objects against the schemas of Kubernetes.
"""
