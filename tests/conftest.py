"""What all tests share."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# How long one example takes says more about the machine than about the code; the benchmarks measure that.
settings.register_profile("novaplan", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("novaplan")
