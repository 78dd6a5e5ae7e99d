"""Where pods go: exact where that is within reach, else with a stated gap."""
