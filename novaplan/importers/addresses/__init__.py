"""Addresses: which servers a text names.

``names`` tells what the name of a variable says about its value, ``urls`` and ``strings`` read the forms of an address,
``texts`` looks through longer texts for hosts that are known here, ``companions`` joins variables that belong together,
and ``finding`` puts them to work on the settings and files of a container.
"""
