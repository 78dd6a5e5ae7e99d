"""Stands in for kubectl where a step's commands run: a program of a pod is run beside its processes here.

It is put on the path as ``kubectl`` and reads where pods are from the file that ``STAND_IN`` names. What only a cluster
can do (apply, diff, delete) is written down and succeeds.
"""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
from pathlib import Path


def main(words: list[str]) -> int:
    book = Path(os.environ["STAND_IN"])
    house = json.loads(book.read_text())
    with (book.parent / "calls.txt").open("a") as calls:
        calls.write(" ".join(words) + "\n")
    space = ""
    if words[0] == "-n":
        space, words = words[1], words[2:]
    if words[0] == "exec":
        return execute(house, space, words[1:])
    if words[:2] == ["get", "secret"]:
        key = words[-1].removeprefix("jsonpath={.data.").removesuffix("}").replace("\\", "")
        sys.stdout.write(base64.b64encode(house["secrets"][words[2]][key].encode()).decode())
    elif words[0] == "get" and words[-1] == "jsonpath={.metadata.namespace}":
        sys.stdout.write(space or "default")
    elif words[:3] == ["create", "secret", "generic"]:
        key, _, path = words[4].removeprefix("--from-file=").partition("=")
        house["secrets"][words[3]] = {key: Path(path).read_text()}
        book.write_text(json.dumps(house))
    return 0


def execute(house: dict, space: str, words: list[str]) -> int:
    cut = words.index("--")
    head, inner = [word for word in words[:cut] if word != "-i"], words[cut + 1 :]
    name = head[0].removeprefix("statefulset/")
    pod = next(house["pods"][f"{space}/{item}"] for item in (name, f"{name}-0") if f"{space}/{item}" in house["pods"])
    assert head[1:] == ["-c", pod["container"]], head
    if any("kill -INT 1" in word for word in inner):
        first = Path(pod["data"], "postmaster.pid").read_text().split()[0]
        inner = [word.replace("kill -INT 1", f"kill -INT {first}") for word in inner]
    feed = sys.stdin.read() if "-i" in words[:cut] and not sys.stdin.isatty() and takes_input(inner) else ""
    done = subprocess.run(
        [local(house, pod, word) for word in inner],
        input=local(house, pod, feed),
        text=True,
        env={"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], "LANG": "C.UTF-8", **pod["env"]},
        cwd=pod["folder"],
        check=False,
    )
    return done.returncode


def takes_input(inner: list[str]) -> bool:
    return inner[0] == "psql" and "-c" not in inner


def local(house: dict, pod: dict, text: str) -> str:
    """Paths and hosts as they are here."""
    for path, folder in pod["paths"].items():
        text = re.sub(rf"(?<![-\w./]){re.escape(path)}(?![-\w.])", folder, text)
    for host, (address, port) in house["hosts"].items():
        if re.search(rf"(?<![-\w.]){re.escape(host)}(?![-\w.])", text):
            text = re.sub(rf"(?<![-\w.]){re.escape(host)}(?![-\w.])", address, text)
            text = text.replace("port=5432", f"port={port}")
    return text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
