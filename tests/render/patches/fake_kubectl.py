#!/usr/bin/env python3
"""Stands in for kubectl: writes down every call in ``calls``, and plays Secrets, whose keys are in ``secrets.json``."""

import json
import os
import sys
from pathlib import Path

PLACE = Path(os.environ["FAKE_CLUSTER"])
WORDS = sys.argv[1:]
with (PLACE / "calls").open("a") as stream:
    stream.write(json.dumps(WORDS) + "\n")
secrets = json.loads((PLACE / "secrets.json").read_text())
if os.environ.get("FAKE_FAILURE") in WORDS:
    sys.exit(1)
if WORDS[0] == "diff":
    sys.exit(1)
if "get" in WORDS and "secret" in WORDS:
    name = WORDS[WORDS.index("secret") + 1]
    if name not in secrets:
        sys.exit(1)
    sys.stdout.write("".join(f"{key} " for key in secrets[name]))
if "get" in WORDS and "persistentvolumeclaims" in WORDS:
    sys.stdout.write(os.environ.get("FAKE_CLAIMS", ""))
if WORDS[0] == "create":
    secrets["-".join(Path(WORDS[-1]).stem.split("-")[2:])] = []
    (PLACE / "secrets.json").write_text(json.dumps(secrets))
