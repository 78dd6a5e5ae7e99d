"""Secrets: which ones a rendered system needs, and the form in which they are written.

``needs`` gathers names, keys and recipes, ``recipes`` says how a value would be made; ``forms`` writes the objects that
go with the manifests, which never hold a value; ``values`` makes values and keeps them in a file beside the manifests,
``sealing`` encrypts what stands in such a file for one cluster alone.
"""
