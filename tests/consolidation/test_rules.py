"""Each rule, for each of its values: how a setting of the merged service follows from those of its members."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from novaplan.consolidation import consolidate
from novaplan.consolidation.rules import Rules
from novaplan.topology.service import Service
from tests.consolidation.examples import group, main, merged, policy, refusal, service, system
from tests.consolidation.settling import read

MI = 1 << 20
GONE = "refused"
ONE, QUARTER = {"max_unavailable": 1}, {"max_unavailable": "25%"}
PREFERRED, REQUIRED = {"anti_affinity": "preferred"}, {"anti_affinity": "required"}
HALF, TWO_FIFTHS = {"failure_percent": 50}, {"failure_percent": 40}

# setting, rule, what the primary (first), a and b state, what comes out
VALUES: list[tuple[str, str, tuple[Any, ...], Any]] = [
    ("namespace", "same", ("one", "one", None), "one"),
    ("namespace", "same", ("one", "two", None), GONE),
    ("namespace", "primary", ("two", "one", None), "two"),
    ("namespace", "primary", (None, "one", "two"), "one"),
    ("team", "same", ("x", None, "x"), "x"),
    ("team", "same", ("x", "y", None), GONE),
    ("team", "primary", ("y", "x", None), "y"),
    ("workload", "same", ("job", "job", "job"), "job"),
    ("workload", "same", ("job", "deployment", "job"), GONE),
    ("workload", "primary", ("statefulset", "deployment", "job"), "statefulset"),
    ("framework", "same", ("spring", "spring", None), "spring"),
    ("framework", "same", ("spring", "quarkus", None), GONE),
    ("framework", "primary", ("spring", "quarkus", None), "spring"),
    ("replicas", "max", (2, 3, 1), 3),
    ("replicas", "sum", (2, 3, 1), 6),
    ("replicas", "primary", (2, 3, 1), 2),
    ("replicas", "same", (2, 2, 2), 2),
    ("replicas", "same", (2, 3, 2), GONE),
    ("processes", "max", (2, 4, 1), 4),
    ("processes", "sum", (2, 4, 1), 7),
    ("processes", "primary", (2, 4, 1), 2),
    ("processes", "same", (4, 4, 4), 4),
    ("processes", "same", (2, 4, 1), GONE),
    ("rollout", "same", ({"max_surge": 1},) * 3, {"max_surge": 1}),
    ("rollout", "same", ({"max_surge": 1}, {"max_surge": 2}, {"max_surge": 1}), GONE),
    ("rollout", "primary", ({"max_surge": 1}, {"max_surge": 2}, {}), {"max_surge": 1}),
    ("disruption_budget", "same", (ONE, None, None), ONE),
    ("disruption_budget", "same", (ONE, QUARTER, None), GONE),
    ("disruption_budget", "primary", (ONE, QUARTER, None), ONE),
    ("disruption_budget", "primary", (None, None, QUARTER), QUARTER),
    ("spread", "same", (REQUIRED,) * 3, REQUIRED),
    ("spread", "same", (REQUIRED, {}, {}), GONE),
    ("spread", "primary", (PREFERRED, REQUIRED, {}), PREFERRED),
    ("spread", "strictest", (PREFERRED, REQUIRED, {}), REQUIRED),
    ("termination", "same", ({"grace": "1m"},) * 3, {"grace": "1m"}),
    ("termination", "same", ({"grace": "1m"}, {}, {}), GONE),
    ("termination", "primary", ({"grace": "10s"}, {"grace": "1m"}, {}), {"grace": "10s"}),
    # 5 s of pause, then 40 s of work: the member that works longest is not cut short by another one's pause.
    ("termination", "longest", ({"grace": "10s", "pre_stop": "5s"}, {"grace": "40s", "drain": "35s"}, {}),
     {"grace": "45s", "pre_stop": "5s", "drain": "35s"}),
]  # fmt: skip

RESILIENCE: list[tuple[str, str, str, tuple[Any, ...], Any]] = [
    ("timeout", "timeouts", "same", ("2s", "2s", None), "2s"),
    ("timeout", "timeouts", "same", ("2s", "3s", None), GONE),
    ("timeout", "timeouts", "primary", ("2s", "3s", None), "2s"),
    ("timeout", "timeouts", "max", ("2s", "3s", None), "3s"),
    ("timeout", "timeouts", "min", ("2s", "1s", None), "1s"),
    ("connect_timeout", "timeouts", "max", ("100ms", "1s", None), "1s"),
    ("circuit_breaker", "circuit_breaker", "same", (HALF, None, HALF), HALF),
    ("circuit_breaker", "circuit_breaker", "same", (HALF, TWO_FIFTHS, None), GONE),
    ("circuit_breaker", "circuit_breaker", "primary", (HALF, TWO_FIFTHS, None), HALF),
    ("retries", "retries", "same", ({"max": 2}, None, None), {"max": 2}),
    ("retries", "retries", "same", ({"max": 2}, {"max": 3}, None), GONE),
    ("retries", "retries", "primary", (None, {"max": 2}, {"max": 3}), {"max": 2}),
    ("connection_pool", "connection_pool", "max", (10, 50, None), 50),
    ("connection_pool", "connection_pool", "sum", (10, 50, None), 60),
    ("connection_pool", "connection_pool", "primary", (10, 50, None), 10),
    ("connection_pool", "connection_pool", "same", (10, 50, None), GONE),
    ("queue", "connection_pool", "sum", (5, 5, 5), 15),
]  # fmt: skip

AUTOSCALING: list[tuple[str, str, tuple[Any, ...], Any]] = [
    ("same", "max", ({"min": 2, "max": 4}, {"min": 2, "max": 4}, None), {"min": 2, "max": 4}),
    ("same", "max", ({"min": 2, "max": 4}, {"min": 2, "max": 5}, None), GONE),
    ("primary", "max", ({"min": 2, "max": 4}, {"min": 3, "max": 9}, None), {"min": 2, "max": 4}),
    ("widest", "max",
     ({"min": 2, "max": 4, "cpu_percent": 80}, {"min": 3, "max": 9, "cpu_percent": 60, "memory_percent": 90}, None),
     {"min": 3, "max": 9, "cpu_percent": 60, "memory_percent": 90}),
    # A member without autoscaling runs one pod, so nothing may go below.
    ("widest", "max", (None, None, {"min": 1, "max": 5}), {"min": 1, "max": 5}),
    ("widest", "sum", ({"min": 2, "max": 4}, {"min": 3, "max": 9}, None), {"min": 6, "max": 14}),
    ("widest", "max", (None, None, None), None),
]  # fmt: skip


def stated(field: str, value: Any) -> dict[str, Any]:
    return {} if value is None else {field: value}


def three(fields: list[dict[str, Any]]) -> Any:
    names = [{"name": "one"}, {"name": "two"}]
    return system(
        *(service(name, **more) for name, more in zip(("z", "a", "b"), fields, strict=True)), namespaces=names
    )


def expected(field: str, value: Any) -> Any:
    return getattr(Service.model_validate({"name": "x", field: value}), field)


@pytest.mark.parametrize(("field", "rule", "values", "outcome"), VALUES)
def test_values(field: str, rule: str, values: tuple[Any, ...], outcome: Any) -> None:
    topology = three([stated(field, value) for value in values])
    together = {"primary": "z", "rules": {field: rule}}

    if outcome == GONE:
        ((subject, message, line),) = refusal(topology, policy(group("a", "b", "z", **together)))
        assert (subject, line) == ("service:all", f"groups[all].settings.{field}: ...")
        assert message.startswith(f"{field} has several values: ")
    else:
        assert getattr(merged(topology, **together), field) == expected(field, outcome)


@pytest.mark.parametrize(("field", "setting", "rule", "values", "outcome"), RESILIENCE)
def test_resilience(field: str, setting: str, rule: str, values: tuple[Any, ...], outcome: Any) -> None:
    topology = three([{"resilience": stated(field, value)} for value in values])
    together = {"primary": "z", "rules": {setting: rule}}

    if outcome == GONE:
        ((subject, message, line),) = refusal(topology, policy(group("a", "b", "z", **together)))
        assert (subject, line) == ("service:all", f"groups[all].settings.resilience.{field}: ...")
        assert message.startswith(f"resilience.{field} has several values: ")
    else:
        made = getattr(merged(topology, **together).resilience, field)
        assert made == getattr(expected("resilience", {field: outcome}), field)


@pytest.mark.parametrize(("rule", "replicas", "values", "outcome"), AUTOSCALING)
def test_autoscaling(rule: str, replicas: str, values: tuple[Any, ...], outcome: Any) -> None:
    topology = three([stated("autoscaling", value) for value in values])
    together = {"primary": "z", "rules": {"autoscaling": rule, "replicas": replicas}}

    if outcome == GONE:
        ((_, message, line),) = refusal(topology, policy(group("a", "b", "z", **together)))
        assert message == "autoscaling has several values: {max: 4} (z), {max: 5} (a)"
        assert line == "groups[all].settings.autoscaling: ..."
    else:
        made = merged(topology, **together)
        assert made.autoscaling == (expected("autoscaling", outcome) if outcome else None)
        assert made.autoscaling is None or made.autoscaling.min <= made.replicas <= made.autoscaling.max


@pytest.mark.parametrize("rule", ["same", "primary", "max", "sum"])
def test_resources(rule: str) -> None:
    small = {"requests": {"cpu": "250m", "memory": "256Mi"}, "limits": {"cpu": "1", "memory": "1Gi"}}
    large = {"requests": {"cpu": "500m", "memory": "128Mi"}, "limits": {"cpu": "1", "memory": "1Gi"}}
    topology = system(main("a", resources=small), main("b", resources=large))
    together = {"rules": {"resources": rule}}

    if rule == "same":
        told = refusal(topology, policy(group("a", "b", **together)))
        assert [line for _, _, line in told] == [
            "groups[all].settings.resources.requests.cpu: ...",
            "groups[all].settings.resources.requests.memory: ...",
        ]
        return
    made = merged(topology, **together).main
    assert made is not None
    wanted = {"primary": (250, 256 * MI, 1000, 1024 * MI), "max": (500, 256 * MI, 1000, 1024 * MI)}
    requests, limits = made.resources.requests, made.resources.limits
    assert (requests.cpu, requests.memory, limits.cpu, limits.memory) == wanted.get(
        rule, (750, 384 * MI, 2000, 2048 * MI)
    )


@pytest.mark.parametrize("rule", ["sum", "max"])
def test_a_sum_of_which_a_part_is_not_known_is_refused(rule: str) -> None:
    topology = system(main("a", resources={"requests": {"cpu": "1"}}), main("b"), service("c"))

    ((subject, message, line),) = refusal(topology, policy(group("a", "b", "c", rules={"resources": rule})))

    assert subject == "service:all"
    assert message == f"resources.requests.cpu is not stated by b, c, so the {rule} is not known"
    assert line == "groups[all].settings.resources.requests.cpu: ..."


@pytest.mark.parametrize("field", ["image", "command"])
@pytest.mark.parametrize("rule", ["same", "primary"])
def test_image_and_command(field: str, rule: str) -> None:
    first, second = ("one", "two") if field == "image" else (["one", "--verbose"], ["two"])
    topology = system(main("z", **{field: first}), main("a", **{field: second}))
    together = {"primary": "z", "rules": {field: rule}}

    if rule == "same":
        ((_, message, line),) = refusal(topology, policy(group("a", "z", **together)))
        assert line == f"groups[all].settings.{field}: ..."
        assert "--verbose" not in message
    else:
        made = merged(topology, **together).main
        assert made is not None
        assert getattr(made, field) == (first if field == "image" else tuple(first))


@pytest.mark.parametrize("rule", ["same", "primary"])
def test_probes_are_taken_one_by_one(rule: str) -> None:
    topology = system(
        main("z", probes={"readiness": {"path": "/z"}}),
        main("a", probes={"readiness": {"path": "/a"}, "startup": {"path": "/started"}}),
    )
    together = {"primary": "z", "rules": {"probes": rule}}

    if rule == "same":
        ((_, message, line),) = refusal(topology, policy(group("a", "z", **together)))
        assert message == "probes.readiness has several values: {path: /z} (z), {path: /a} (a)"
        assert line == "groups[all].settings.probes.readiness: ..."
    else:
        made = merged(topology, **together).main
        assert made is not None
        assert made.probes.readiness is not None
        assert made.probes.startup is not None
        assert (made.probes.readiness.path, made.probes.startup.path) == ("/z", "/started")


@pytest.mark.parametrize("rule", ["same", "primary"])
def test_env(rule: str) -> None:
    topology = system(
        main("z", env=[{"name": "LEVEL", "value": "hush-1"}, {"name": "BOTH", "value": "x"}]),
        main(
            "a", env=[{"name": "LEVEL", "value": "hush-2"}, {"name": "BOTH", "value": "x"}, {"name": "A", "value": "a"}]
        ),
    )
    together = {"primary": "z", "rules": {"env": rule}}

    if rule == "same":
        ((subject, message, line),) = refusal(topology, policy(group("a", "z", **together)))
        assert (subject, line) == ("service:all", "groups[all].settings.env: [{name: LEVEL, ...}]")
        assert message == "env LEVEL has several values: a plain value (z), a plain value (a)"
    else:
        made = merged(topology, **together).main
        assert made is not None
        assert {item.name: item.value for item in made.env} == {"A": "a", "BOTH": "x", "LEVEL": "hush-1"}


def test_startup_is_that_of_the_latest() -> None:
    topology = system(
        service("a", startup={"tier": 1, "wait_for": ["c"]}),
        service("b", startup={"tier": 2, "wait_for": ["a", "pg"]}),
        service("c", startup={"tier": 1}),
        datastores=[{"name": "pg", "kind": "postgres", "startup_tier": 0}],
    )

    made = merged(topology).startup

    assert (made.tier, made.wait_for) == (2, ("pg",))


@pytest.mark.parametrize(("rule", "size"), [("same", GONE), ("primary", 5), ("max", 20), ("sum", 25)])
def test_pools(rule: str, size: Any) -> None:
    edges = [
        {"client": name, "server": "pg", "mode": "writes", "pool": {"max": most, "idle_timeout": "30s"}}
        for name, most in (("z", 5), ("a", 20))
    ]
    topology = system(service("z"), service("a"), datastores=[{"name": "pg", "kind": "postgres"}], dependencies=edges)
    plan = policy(group("a", "z", primary="z", rules={"pools": rule}))

    if size == GONE:
        ((subject, message, line),) = refusal(topology, plan)
        assert subject == "dependency:all->pg/writes"
        assert message == "pool has several values: {max: 5} (z), {max: 20} (a)"
        assert line == "dependencies: [{match: {client: all, server: pg, mode: writes}, set: {pool: ...}}]"
    else:
        (edge,) = consolidate(topology, read(plan)).dependencies
        assert edge.pool is not None
        assert (edge.pool.max, edge.pool.idle_timeout) == (size, 30_000)


def test_a_group_s_own_rules_stand_above_the_policy_s() -> None:
    topology = system(service("a", replicas=1, team="x"), service("b", replicas=2, team="y"))
    plan = policy(group("a", "b", rules={"replicas": "sum"}), rules={"replicas": "primary", "team": "primary"})

    made = consolidate(topology, read(plan)).services[0]

    assert (made.replicas, made.team) == (3, "x")


def test_every_value_of_every_rule_is_tested_here() -> None:
    tested = {(field, rule) for field, rule, *_ in VALUES}
    tested |= {(setting, rule) for _, setting, rule, *_ in RESILIENCE} | {
        ("autoscaling", rule) for rule, *_ in AUTOSCALING
    }
    tested |= {(field, rule) for field in ("image", "command", "probes", "env") for rule in ("same", "primary")}
    tested |= {(field, rule) for field in ("resources", "pools") for rule in ("same", "primary", "max", "sum")}
    tested |= {("startup", "latest")}
    # tests/consolidation/test_ports.py and test_secrets.py
    tested |= {("ports", "union"), ("ports", "fold"), ("secrets", "keep"), ("secrets", "merge")}

    assert {
        (name, value) for name, field in Rules.model_fields.items() for value in get_args(field.annotation)
    } == tested


@pytest.mark.parametrize(
    ("budget", "replicas", "blocks"),
    [
        ({"min_available": 2}, 3, False),
        ({"min_available": 3}, 3, True),
        ({"min_available": "50%"}, 3, False),
        # Kubernetes rounds up: 75 % of 3 pods are 3.
        ({"min_available": "75%"}, 3, True),
        ({"min_available": "100%"}, 9, True),
        ({"max_unavailable": "1%"}, 3, False),
        ({"max_unavailable": 0}, 3, True),
        ({"min_available": 1}, 0, False),
    ],
)
def test_a_budget_has_to_let_a_pod_go(budget: dict[str, Any], replicas: int, blocks: bool) -> None:
    topology = system(service("a", replicas=40, disruption_budget=budget), service("b"))
    plan = policy(group("a", "b", settings={"replicas": replicas}))
    was_blocked = budget in ({"min_available": "100%"}, {"max_unavailable": 0})

    if blocks and not was_blocked:
        assert [line for _, _, line in refusal(topology, plan)] == [
            "groups[all].settings.disruption_budget: {max_unavailable: ...}"
        ]
    else:
        # What blocked before goes on doing so; novaplan check reports it.
        assert consolidate(topology, read(plan)).service["all"].disruption_budget is not None


def test_the_order_of_members_but_the_primary_carries_no_meaning() -> None:
    topology = system(service("z"), service("a", team="x"), service("b", team="y"))
    groups = [group(*order, primary="z", rules={"team": "primary"}) for order in (("z", "a", "b"), ("b", "z", "a"))]

    assert {consolidate(topology, read(policy(one))).service["all"].team for one in groups} == {"x"}
