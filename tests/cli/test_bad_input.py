"""Bad input: one clear line for each problem, with file, line and field; exit status 1; nothing written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cli.command import POLICY, SHOP, Run, files

BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]\n" for level in range(1, 12)
)


def system(old: str, new: str) -> str:
    assert old in SHOP
    return SHOP.replace(old, new, 1)


CASES = {
    "binary": (b"\x7fELF\x02\x01\x00\xff\xfe", ["bad.yaml:1: "]),
    "not UTF-8": (SHOP.encode() + b"# caf\xe9\n", [f"bad.yaml:{SHOP.count(chr(10)) + 1}: is not UTF-8 text"]),
    "malformed": ("name: shop\nservices: [}\n", ["bad.yaml:2: is not valid YAML"]),
    "duplicate key": (system("    replicas: 2\n", "    replicas: 2\n    replicas: 3\n"), ["bad.yaml:6: ", "replicas"]),
    "alias bomb": (BOMB, ["bad.yaml:", "alias"]),
    "empty": ("", ["bad.yaml"]),
    "a list": ("- a\n", ["bad.yaml:1: ", "mapping"]),
    "unknown field": (
        system("    replicas: 2\n", "    replica: 2\n"),
        ["bad.yaml:5: services[web].replica: is not a known field (did you mean 'replicas'?)"],
    ),
    "unknown server": (system("server: cart}", "server: crat}"), ["bad.yaml:", "dependencies[0].server", "cart"]),
    "no quantity": (system("cpu: 250m", "cpu: 250x"), ["bad.yaml:7: ", "cpu: ", "'250x' is not a quantity"]),
    "negative replicas": (system("replicas: 2", "replicas: -2"), ["bad.yaml:5: services[web].replicas: "]),
    "min above max": (
        system("    replicas: 2\n", "    replicas: 2\n    autoscaling: {min: 5, max: 3}\n"),
        ["bad.yaml:6: ", "min", "max"],
    ),
    "two owners of one name": (system("name: db,", "name: web,"), ["bad.yaml:", "web"]),
    "a circle at start-up": (
        system("role: gateway", "startup: {wait_for: [cart]}").replace("role: core", "startup: {wait_for: [web]}"),
        ["bad.yaml:9: services[cart].startup.wait_for: ", "cart -> web -> cart"],
    ),
    "a name Kubernetes refuses": (system("name: cart\n", "name: Cart_Service\n"), ["bad.yaml:8: ", "Kubernetes"]),
}


@pytest.mark.parametrize("name", CASES)
def test_a_topology(novaplan: Run, folder: Path, name: str) -> None:
    content, said = CASES[name]
    (folder / "bad.yaml").write_bytes(content if isinstance(content, bytes) else content.encode())
    before = files(folder)
    problems = novaplan("consolidate", "bad.yaml", "--policy", "shop-policy", "-o", "out.yaml").problems
    assert any(all(part in problem for part in said) for problem in problems), problems
    assert len("\n".join(problems)) < 2_000
    assert files(folder) == before


def test_every_problem_of_a_file_is_told(novaplan: Run) -> None:
    bad = SHOP.replace("replicas: 2", "replica: 2").replace("cpu: 250m", "cpu: lots").replace("max: 5", "max: 0")
    places = sorted(problem.split(": ")[:2] for problem in novaplan("show", "-", stdin=bad).problems)
    assert [place for place, _ in places] == ["<stdin>:17", "<stdin>:5", "<stdin>:7"]
    assert [field.rpartition(".")[2] for _, field in places] == ["max", "replica", "cpu"]


def test_a_large_file_is_refused_unread(novaplan: Run, folder: Path) -> None:
    with (folder / "large.yaml").open("wb") as stream:
        stream.truncate(100 * 2**20)
    (problem,) = novaplan("show", "large.yaml").problems
    assert problem == "large.yaml: is larger than 64 MiB; split it into smaller files"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("shp", "there is no topology named 'shp' (did you mean 'shop'?); known: "),
        ("missing.yaml", "missing.yaml: there is no such file"),
        ("no/such/shop", "no/such/shop: there is no such file"),
        ("topologies", "there is no topology named 'topologies'"),
        ("", "there is no topology named ''"),
        ("two\nlines\x1b[31m", "there is no topology named 'two\\nlines"),
        ("n" * 300, "there is no topology named 'nnn"),
        (b"caf\xe9".decode(errors="surrogateescape"), "there is no topology named 'caf"),
    ],
    ids=["nearest", "file", "path", "folder", "empty", "control", "long", "bytes"],
)
def test_an_unknown_topology(novaplan: Run, name: str, said: str) -> None:
    (problem,) = novaplan("show", name).problems
    assert problem.startswith(said)
    assert problem.isprintable()


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file(novaplan: Run, folder: Path) -> None:
    (folder / "topologies" / "shop.yaml").chmod(0)
    assert novaplan("show", "shop").problems == ["topologies/shop.yaml: may not be read; check its permissions"]


POLICIES = {
    "an unknown service": (POLICY.replace("[cart, web]", "[cart, wep]"), "wep"),
    "a service in two groups": (POLICY + "  - {name: other, members: [web]}\n", "web"),
    "a service in no group": (POLICY.replace("[cart, web]", "[cart]"), "web"),
    "an unknown rule": (POLICY.replace("ports: fold", "ports: flod"), "rules.ports"),
    "an unknown field": (POLICY.replace("internal:", "internl:"), "(did you mean 'internal'?)"),
}


@pytest.mark.parametrize("name", POLICIES)
def test_a_policy(novaplan: Run, folder: Path, name: str) -> None:
    content, said = POLICIES[name]
    (folder / "models" / "shop-policy.yaml").write_text(content)
    before = files(folder)
    problems = novaplan("consolidate", "shop", "--policy", "shop-policy", "-o", "out.yaml").problems
    assert any(problem.startswith("models/shop-policy.yaml:") and said in problem for problem in problems), problems
    assert files(folder) == before


def test_an_unknown_policy(novaplan: Run) -> None:
    (problem,) = novaplan("consolidate", "shop", "--policy", "shop-polcy").problems
    assert problem.startswith("there is no model named 'shop-polcy' (did you mean 'shop-policy'?)")
