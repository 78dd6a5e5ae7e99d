"""Do what a refusal says: write the line that each conflict names into the policy, with some value of the right kind.

This reads the lines as a person would, and nothing else, so a line that leads nowhere is found.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from itertools import count
from typing import Any

import yaml

from novaplan.consolidation import Policy, consolidate, loads_policy
from novaplan.documents.writer import dump
from novaplan.errors import ConsolidationRefused
from novaplan.topology.system import Topology

_STEP = r"[a-z_]+(?:\[[^\]]*\])?"
_LINE = re.compile(rf"(?P<path>{_STEP}(?:\.{_STEP})*): (?P<value>.+)", re.DOTALL)
_OPEN = re.compile(r"(?:(?<=[ \[])|^)\.\.\.(?=[\]},]|$)")
_FILL = "FILL-IN"

_VALUES: dict[str, Any] = {
    "workload": "deployment", "replicas": 2, "processes": 1,
    "autoscaling": {"min": 1, "max": 1000, "cpu_percent": 1, "memory_percent": 1},
    "rollout": {"strategy": "rolling", "max_surge": 1, "max_unavailable": 1}, "strategy": "rolling",
    "disruption_budget": {"max_unavailable": 1}, "spread": {"anti_affinity": "none", "topology_key": "zone"},
    "termination": {"grace": "1h", "pre_stop": "1s", "drain": "1s"}, "min": 1, "max": 1000, "max_unavailable": 1,
    "timeout": "1s", "connect_timeout": "1s", "idle_timeout": "1s", "acquire_timeout": "1s", "connection_pool": 1,
    "queue": 1, "retries": {"max": 1, "delay": "1s"}, "command": ["settled"], "cpu": "1", "memory": "1Gi",
    "circuit_breaker": {"failure_percent": 50, "success_threshold": 1, "open_for": "1s"}, "pool": {"max": 5},
    "protocol": "http", "secret": {"name": "settled", "key": "settled"}, "tier": 9, "wait_for": [], "startup_tier": 9,
    "deployment": {"type": "standalone"}, "connections": {"max": 100, "reserved": 1}, "storage": "1Gi",
    "persistence": {"append_only": True, "snapshots": True}, "keep_names": False, "port": 1,
}  # fmt: skip
_PROBE = {"type": "tcp", "port": 1, "command": [], "path": "/", "initial_delay": "1s", "period": "1s", "timeout": "1s",
          "failure_threshold": 1, "success_threshold": 1}  # fmt: skip
_COMPUTE = {"cpu": "1", "memory": "1Gi"}
_AT: dict[str, Any] = {
    "datastores.resources": {"requests": _COMPUTE, "limits": _COMPUTE},
    "datastores.memory": {"max": "1Gi", "eviction": "noeviction"},
    **{f"groups.{kind}": _PROBE for kind in ("startup", "readiness", "liveness")},
}
_REST: dict[str, dict[str, Any]] = {"env": {"value": "settled"}, "containers": {"kind": "sidecar"}}


class Settler:
    """Settles conflicts; the policy is the mapping that a file would hold."""

    def __init__(self, policy: dict[str, Any]) -> None:
        self.policy = copy.deepcopy(policy)
        self.numbers = count(40_000)

    def settle(self, line: str) -> None:
        """Write the first of the lines that ``line`` offers."""
        out = re.fullmatch(r"taking (\S+) out of retire", line)
        if out is not None:
            self.policy["retire"] = [item for item in self.policy["retire"] if item["part"] != out[1]]
            return
        match = next(found for found in map(_LINE.fullmatch, line.split(", or ")) if found)
        path = match["path"].split(".")
        value = yaml.safe_load(_OPEN.sub(_FILL, match["value"].replace("[...]", "[]")))
        self._write(path, self._filled(value, path[0].partition("[")[0], path[-1].partition("[")[0]))

    def _filled(self, value: Any, where: str, field: str) -> Any:
        if value == _FILL:
            return self._some(where, field)
        if isinstance(value, list):
            return [self._filled(item, where, field) for item in value]
        if isinstance(value, dict):
            rest = _REST.get(field, {}) if value.pop(_FILL, _FILL) is None else {}
            return {**{key: self._filled(item, where, key) for key, item in value.items()}, **rest}
        return value

    def _some(self, where: str, field: str) -> Any:
        if field == "namespace":
            self.policy.setdefault("namespaces", []).append({"name": f"settled-{next(self.numbers)}"})
            return self.policy["namespaces"][-1]["name"]
        if field == "tls_secret":
            self.policy.setdefault("add", {}).setdefault("secrets", []).append({"name": "settled-certificate"})
            return "settled-certificate"
        if field == "port":
            return next(self.numbers)
        if field == "group":
            return f"settled-{next(self.numbers)}"
        return copy.deepcopy(_AT.get(f"{where}.{field}", _VALUES.get(field, "settled")))

    def _write(self, path: list[str], value: Any) -> None:
        node: Any = self.policy
        for step in path[:-1]:
            node = self._below(node, step)
        last = path[-1]
        known = node.get(last)
        if isinstance(known, list) and isinstance(value, list) and all(isinstance(item, dict) for item in value):
            before = {identity(item): item for item in known}
            # Two lines about the same edges, each with a field to set, are written as one by a person too.
            value = [
                {**item, "set": {**before.get(identity(item), {}).get("set", {}), **item["set"]}}
                if "set" in item
                else item
                for item in value
            ]
            named = [identity(item) for item in value]
            node[last] = [item for item in known if identity(item) not in named] + value
        else:
            node[last] = value

    def _below(self, node: Any, step: str) -> Any:
        name, _, item = step.partition("[")
        if not item:
            return node.setdefault(name, {})
        return next(found for found in node[name] if found["name"] == item.rstrip("]"))


def identity(item: dict[str, Any]) -> Any:
    """By what a person would see that two lines are about the same thing."""
    return item.get("name") or (item.get("server"), item.get("part"), str(item.get("match")))


def lines(refused: ConsolidationRefused) -> Iterator[tuple[str, str, str]]:
    """Subject, message and settling line of every conflict."""
    for problem in refused.problems:
        message, _, line = problem.message.partition("; settle it with ")
        yield problem.field or "", message, line


def read(policy: dict[str, Any]) -> Policy:
    """``policy`` as if it had been written into a file."""
    return loads_policy(dump(policy), file="policy.yaml")


def settled(topology: Topology, policy: dict[str, Any], rounds: int = 8) -> tuple[Topology, dict[str, Any]]:
    """The target of ``topology`` once every conflict is settled, and the policy that says so.

    A conflict that is told again after its line was written is a failure.
    """
    settler, told = Settler(policy), set[tuple[str, str]]()
    for _ in range(rounds):
        try:
            return consolidate(topology, read(settler.policy)), settler.policy
        except ConsolidationRefused as refused:
            conflicts = list(lines(refused))
        again = [conflict for conflict in conflicts if conflict[:2] in told]
        assert not again, f"the line did not settle it: {again}"
        told.update(conflict[:2] for conflict in conflicts)
        for _, _, line in conflicts:
            settler.settle(line)
    raise AssertionError(f"still refused after {rounds} rounds")
