"""What all tests share."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# How long one example takes says more about the machine than about the code; the benchmarks measure that.
# Many drawn systems are ones that Kubernetes, or good sense, refuses; a test that none gets through still fails.
IGNORED = [HealthCheck.too_slow, HealthCheck.filter_too_much]
# Where a change is judged, the same examples every time: it must not fail for what another draw would have found.
# Everywhere else each run draws others, and finds that.
settings.register_profile(
    "novaplan", deadline=None, suppress_health_check=IGNORED, derandomize=bool(os.environ.get("CI"))
)
settings.load_profile("novaplan")
