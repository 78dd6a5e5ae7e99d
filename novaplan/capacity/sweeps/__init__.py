"""What-if sweeps: parameters, the scenarios that they span, what is measured of each, and plots."""
