"""Whether objects are what Kubernetes takes, by its own schemas.

``schemas`` finds the schema of an object for a minor version of Kubernetes; ``validate`` holds objects against them.
``schemas/*.json.gz`` hold the strict schemas of the PyPI package kubernetes-validate (Apache-2.0, made from the OpenAPI
of Kubernetes, Apache-2.0), written again by ``scripts/vendor-schemas``; ``schemas/custom.yaml`` those of custom
resources, written by hand.
"""
