"""The deploy script and the guides: text for people, every name and figure of it taken from what was rendered.

``workloads`` reads off the objects what runs, ``places`` what else there is; ``script`` writes ``deploy-local-k8s.sh``
from both. ``words`` holds what both languages call things, ``guides`` fills the templates.
"""
