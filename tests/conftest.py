"""What all tests share."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# How long one example takes says more about the machine than about the code; the benchmarks measure that.
# Many drawn systems are ones that Kubernetes, or good sense, refuses; a test that none gets through still fails.
IGNORED = [HealthCheck.too_slow, HealthCheck.filter_too_much]
settings.register_profile("novaplan", deadline=None, suppress_health_check=IGNORED)
settings.load_profile("novaplan")
