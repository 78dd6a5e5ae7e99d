"""Documents: YAML and JSON text in, YAML text out, and the files that hold them.

``reader`` reads with line numbers, ``writer`` writes YAML text, ``files`` writes files and finds them by name. Import
what you need from these modules: only ``reader`` needs PyYAML, so a command that reads nothing does not load it.
"""
