"""Stated figures beside computed ones."""

from __future__ import annotations

import pytest

from novaplan.capacity.claims.figures import FIGURES
from novaplan.capacity.claims.judge import judge, judge_all
from novaplan.capacity.claims.model import load_claims, loads_claims
from novaplan.errors import InputError, UnknownNameError
from novaplan.topology.storage import load, loads

SYSTEM = """\
name: shop
namespaces: [{name: apps}, {name: data}, {name: empty}, {name: other}]
services:
  - name: api
    namespace: apps
    replicas: 3
    autoscaling: {min: 2, max: 6}
    containers:
      - {name: api, resources: {requests: {cpu: 100m, memory: 64Mi}, limits: {cpu: 400m, memory: 128Mi}}}
      - {name: mesh, kind: sidecar, resources: {requests: {cpu: 10m, memory: 16Mi}, limits: {cpu: 20m, memory: 32Mi}}}
  - name: extra
    namespace: apps
    optional: true
    replicas: 2
    containers: [{name: extra, resources: {requests: {cpu: 50m, memory: 32Mi}, limits: {cpu: 50m, memory: 32Mi}}}]
  - {name: silent, namespace: other, containers: [{name: silent}]}
datastores:
  - name: db
    kind: postgres
    namespace: data
    storage: 10Gi
    resources: {requests: {cpu: 200m, memory: 256Mi}, limits: {cpu: "1", memory: 1Gi}}
    deployment:
      type: patroni
      members: 3
      etcd:
        members: 3
        storage: 1Gi
        resources: {requests: {cpu: 20m, memory: 32Mi}, limits: {cpu: 100m, memory: 64Mi}}
"""


def judged(*lines: str, system: str = SYSTEM):
    """Each line is a claim without its id."""
    text = "claims:\n" + "".join(f"  - {{id: c{number}, {line}}}\n" for number, line in enumerate(lines))
    return judge(loads(system), loads_claims(text))


def one(line: str):
    return judged(line)[0]


@pytest.mark.parametrize(
    ("claim", "computed", "arithmetic"),
    [
        ("subject: api, figure: pods, value: 3", (3,), "pods: api 3 = 3"),
        ("subject: api, figure: cpu, value: 330m", (330,), "CPU requests: api 3 x (100m + 10m) = 330m"),
        ("subject: api, figure: cpu, value: 1260m", (1260,), "CPU limits: api 3 x (400m + 20m) = 1260m"),
        (
            "subject: api, figure: cpu_request, value: 220m",
            (220,),
            "CPU requests at the fewest pods: api 2 x (100m + 10m) = 220m",
        ),
        (
            "subject: api, figure: cpu, value: 660m, count: maximum",
            (660,),
            "CPU requests at the most pods: api 6 x (100m + 10m) = 660m",
        ),
        ("subject: db, figure: storage, value: 33Gi", (33 << 30,), "storage: db 3 x 10Gi + db/etcd 3 x 1Gi = 33Gi"),
        ("subject: db/members, figure: storage, value: 30Gi", (30 << 30,), "storage: db 3 x 10Gi = 30Gi"),
        ("subject: db/etcd, figure: pods, value: 3", (3,), "pods: db/etcd 3 = 3"),
        ("subject: [db, db/etcd], figure: pods, value: 6", (6,), "pods: db 3 + db/etcd 3 = 6"),
        ("subject: 'namespace:empty', figure: pods, value: 0", (0,), "pods: nothing = 0"),
        ("subject: 'namespace:apps', figure: pods, value: 3, optional: false, count: current", (3,), "pods: api 3 = 3"),
    ],
)
def test_totals_that_hold(claim, computed, arithmetic) -> None:
    found = one(claim)
    assert (found.verdict, found.computed, found.arithmetic) == ("holds", computed, (arithmetic,))
    assert found.origins == ()


def test_a_range_holds_every_setting_that_may_be_meant() -> None:
    """Two or three pods of the one, and two of the other or none."""
    held, narrow, wide, open_end = judged(
        "subject: 'namespace:apps', figure: pods, least: 2, most: 5",
        "subject: 'namespace:apps', figure: pods, least: 3, most: 5",
        "subject: 'namespace:apps', figure: pods, least: 0, most: 50",
        "subject: 'namespace:apps', figure: pods, least: 2",
    )
    assert [item.verdict for item in (held, narrow, wide, open_end)] == ["holds", "does not hold", "holds", "holds"]
    assert held.shown == "2-5"


@pytest.mark.parametrize(
    ("claim", "origin"),
    [
        (
            "subject: api, figure: cpu, value: 400m",
            "400m is the CPU limit of one api container, not the sum of CPU requests api 3 x (100m + 10m) = 330m",
        ),
        (
            "subject: api, figure: memory, value: 80Mi",
            "80Mi is the memory request of one api pod, not the sum of memory requests api 3 x (64Mi + 16Mi) = 240Mi",
        ),
        ("subject: api, figure: cpu_request, value: 1260m", "1260m is the sum of CPU limits"),
        ("subject: api, figure: cpu_request, value: 660m", "660m is the sum of CPU requests at the most pods"),
        ("subject: db, figure: storage, value: 30Gi", "30Gi is the sum of storage without db/etcd 3 x 1Gi"),
        ("subject: db, figure: pods, value: 5", None),
        (
            "subject: api, figure: cpu, value: 300m",
            "300m is the sum of CPU requests without what runs beside the main containers",
        ),
        ("subject: db, figure: cpu, value: 220m", "220m is the sum of CPU requests of one pod of each"),
        (
            "subject: [api, db], figure: cpu, value: 880m, count: current",
            "880m is the sum of CPU requests at the fewest pods",
        ),
        ("subject: api, figure: cpu, value: 777m", "no request, limit or sum of them is 777m"),
        ("subject: api, figure: memory_limit_per_pod, value: 128Mi", "128Mi is the memory limit of one api container"),
        (
            "subject: ['namespace:apps', db], figure: cpu_request, value: 760m, count: current",
            "760m is the sum of CPU requests without api 3 x (100m + 10m) with what is optional",
        ),
    ],
)
def test_totals_that_do_not_hold_say_where_they_seem_to_come_from(claim, origin) -> None:
    found = one(claim)
    assert found.verdict == "does not hold"
    if origin is None:
        assert found.origins == ()
    else:
        assert origin in found.origins


def test_a_total_that_is_the_sum_of_other_rows() -> None:
    *_, whole, far = judged(
        "subject: api, figure: pods, value: 1, where: table",
        "subject: extra, figure: pods, least: 1, most: 4, where: table",
        "subject: db, figure: pods, value: 7, where: elsewhere",
        "subject: system, figure: pods, least: 2, most: 5, where: table",
        "subject: system, figure: pods, value: 8, where: table",
    )
    assert whole.origins == ("2-5 is the sum of the stated 1 + 1-4 (c0, c1)",)
    assert far.origins == ()


def test_what_is_not_stated_cannot_be_known() -> None:
    more, less, pod = judged(
        "subject: [api, silent], figure: cpu_request, value: 900m, count: current",
        "subject: [api, silent], figure: cpu_request, value: 300m, count: current",
        "subject: silent, figure: cpu_per_pod, value: 300m",
    )
    assert (more.verdict, more.missing) == ("cannot be known", ("CPU requests of silent not stated",))
    assert less.verdict == "does not hold"
    assert pod.verdict == "cannot be known"
    assert pod.shown == "not known"


@pytest.mark.parametrize(
    ("claim", "verdict", "shown"),
    [
        ("subject: api, figure: replicas, value: 3", "holds", "3"),
        ("subject: [api, extra], figure: replicas, value: 3", "does not hold", "2-3"),
        ("subject: services, figure: replicas, least: 1, most: 3", "holds", "1-3"),
        ("subject: api, figure: autoscaling_max, value: 6", "holds", "6"),
        ("subject: extra, figure: autoscaling_max, value: 6", "cannot be known", "not known"),
        ("subject: db, figure: replicas, value: 3", "cannot be known", "not known"),
        ("subject: db, figure: members, value: 3", "holds", "3"),
        ("subject: db, figure: etcd_members, value: 5", "does not hold", "3"),
        ("subject: db, figure: fails_over, value: true", "holds", "yes"),
        ("subject: api, figure: timeout, value: 3s", "cannot be known", "not known"),
        ("subject: api, figure: grace, value: 30s", "holds", "30 s"),
        ("subject: api, figure: apart, value: true", "does not hold", "no"),
        ("figure: services, value: 3", "holds", "3"),
        ("figure: optional_services, value: 1", "holds", "1"),
        ("figure: namespaces, value: 2", "does not hold", "3"),
        ("figure: outside, value: 0", "holds", "0"),
        ("subject: api, figure: effort, value: 2 weeks", "cannot be known", "not known"),
        ("subject: api, figure: memory_request_per_container, value: 64Mi", "holds", "64Mi"),
        ("subject: api, figure: memory_request_per_pod, value: 80Mi", "holds", "80Mi"),
        ("subject: db/etcd, figure: storage_per_pod, value: 1Gi", "holds", "1Gi"),
        ("subject: services, figure: replaced, value: true", "holds", "yes"),
    ],
)
def test_settings_and_numbers(claim, verdict, shown) -> None:
    found = one(claim)
    assert (found.verdict, found.shown) == (verdict, shown)
    assert found.arithmetic or found.missing


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        ("subject: db, figure: recovery, scenario: killed, least: 30s, most: 60s", "holds"),
        ("subject: db, figure: recovery, scenario: killed, value: 42s", "holds"),
        ("subject: db, figure: recovery, scenario: killed, most: 30s", "does not hold"),
        ("subject: db, figure: recovery, scenario: hung, most: 30s", "cannot be known"),
        ("subject: api, figure: recovery, scenario: hung, most: 1h", "does not hold"),
    ],
)
def test_a_stated_time_is_a_promise(claim, verdict) -> None:
    """What takes longer breaks it, what is sooner keeps it."""
    found = one(claim)
    assert found.verdict == verdict
    if found.computed:
        assert found.shown == "20-36 s"
        assert "the lease runs out (ttl less loop_wait to ttl) 20-30 s" in found.arithmetic[0]
        assert found.arithmetic[0].endswith(" = 20-36 s")


def test_json() -> None:
    found = one("subject: api, figure: cpu, value: 400m, where: a table, note: as read").to_dict()
    assert found == {
        "id": "c0",
        "subject": ["api"],
        "figure": "cpu",
        "scenario": None,
        "where": "a table",
        "note": "as read",
        "stated": {"unit": "millicores", "value": 400, "min": None, "max": None},
        "verdict": "does not hold",
        "computed": {"unit": "millicores", "values": [220, 330], "min": 220, "max": 330},
        "arithmetic": [
            "CPU requests: api 3 x (100m + 10m) = 330m",
            "CPU requests at the fewest pods: api 2 x (100m + 10m) = 220m",
            "CPU limits: api 3 x (400m + 20m) = 1260m",
            "CPU limits at the fewest pods: api 2 x (400m + 20m) = 840m",
        ],
        "origins": [
            "400m is the CPU limit of one api container, not the sum of CPU requests api 3 x (100m + 10m) = 330m"
        ],
        "missing": [],
    }


ROWS = {
    "redis-pods": ("holds", "pods: redis 3 = 3", ""),
    "redis-storage": ("holds", "storage: redis 3 x 5Gi = 15Gi", ""),
    "redis-cpu": (
        "does not hold",
        "CPU requests: redis 3 x (100m + 50m) = 450m",
        "500m is the CPU limit of one redis container, not the sum of CPU requests redis 3 x (100m + 50m) = 450m",
    ),
    "redis-memory": (
        "does not hold",
        "memory requests: redis 3 x (256Mi + 64Mi) = 960Mi",
        "512Mi is the memory limit of one redis container",
    ),
    "postgres-pods": (
        "does not hold",
        "pods: postgres 3 + postgres/etcd 3 + postgres/pooler 2 = 8",
        "without postgres/pooler",
    ),
    "postgres-storage": ("does not hold", "postgres 3 x 20Gi + postgres/etcd 3 x 1Gi = 63Gi", "without postgres/etcd"),
    "postgres-cpu": ("does not hold", "= 1350m", "1000m is the CPU limit of one postgres container"),
    "postgres-memory": ("does not hold", "= 2112Mi", "1Gi is the memory limit of one postgres container"),
    "services-pods": (
        "holds",
        "pods with what is optional: api-service 3 + realtime-service 2 + streaming-service 2 = 7",
        "",
    ),
    "services-cpu": ("does not hold", "= 2500m", "no request, limit or sum of them is 2100m"),
    "services-memory": (
        "holds",
        "api-service 3 x 512Mi + realtime-service 2 x 256Mi + streaming-service 2 x 256Mi = 2560Mi",
        "",
    ),
    "total-pods": ("does not hold", "= 18", "14-16 is the sum of the stated 3 + 6 + 5-7"),
    "total-storage": ("does not hold", "= 78Gi", "75Gi is the sum of the stated 15Gi + 60Gi"),
    "total-cpu": ("does not hold", "= 4300m", "3600m is the sum of the stated 500m + 1000m + 2100m"),
    "total-memory": ("does not hold", "= 5632Mi", "4Gi is the sum of the stated 512Mi + 1Gi + 2560Mi"),
}


def test_every_row_of_the_reports_table_is_judged_with_its_arithmetic() -> None:
    found = {item.claim.id: item for item in judge(load("target"), load_claims("nova-claims"))}
    table = {name: item for name, item in found.items() if item.claim.where == "table of resources"}
    assert table.keys() == ROWS.keys()
    for name, (verdict, arithmetic, origin) in ROWS.items():
        assert table[name].verdict == verdict
        assert any(arithmetic in line for line in table[name].arithmetic), name
        assert any(origin in line for line in table[name].origins) or not origin, name


def test_the_reports_other_figures() -> None:
    claims = load_claims("nova-claims")
    current, target = judge_all([load("current"), load("target")], claims)
    found = {item.claim.id: (item.verdict, item.shown) for item in (*current, *target)}
    assert len(found) == len(claims.claims) == 88
    assert found["redis-recovery"] == ("holds", "5.2-8.8 s")
    assert found["redis-pod-deleted"] == ("does not hold", "5.2-18.8 s")
    assert found["postgres-recovery"] == ("holds", "15-26 s")
    assert found["redis-replica-memory-limit"] == ("does not hold", "512Mi")
    assert found["messaging-database"] == ("does not hold", "nova_auth")
    assert found["gateway-redis-db"] == ("cannot be known", "not known")
    assert found["merge-effort"] == ("cannot be known", "not known")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "figure: podz, value: 3",
            r"claims.yaml:2: claims\[0\].figure: a: there is no figure 'podz' \(did you mean 'pods'\?\)",
        ),
        ("figure: cpu, value: 3 bananas", r"claims\[0\].value: a: '3 bananas' is not a quantity"),
        ("figure: storage, value: -1", r"value: a: -1 is negative"),
        ("figure: pods, value: 3.5", r"value: a: should be a whole number"),
        ("figure: fails_over, value: maybe", r"value: a: should be true or false"),
        ("figure: pods, least: 5, most: 3", r"least: a: 5 is above most, 3; swap them"),
        ("figure: pods, value: 4, most: 3", r"most: a: contradicts value; keep one of them"),
        ("figure: pods", r"claims\[0\].value: a: states nothing"),
        ("figure: framework, least: axum", r"least: a: a figure such as framework has no range"),
        ("figure: recovery, most: 3s", r"scenario: a: is needed for a time of recovery: one of killed"),
        ("figure: recovery, scenario: kiled, most: 3s", r"scenario: should be 'killed', "),
        ("figure: pods, valeu: 3", r"is not a known field \(did you mean 'value'\?\)"),
    ],
)
def test_bad_claims_are_told_with_their_place(line: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        loads_claims(f"claims:\n  - {{id: a, {line}}}\n", file="claims.yaml")


def test_two_claims_of_one_name() -> None:
    with pytest.raises(InputError, match=r"claims.yaml:3: claims\[1\].id: a: is the id of another claim"):
        loads_claims(
            "claims:\n  - {id: a, figure: pods, value: 1}\n  - {id: a, figure: pods, value: 2}\n", file="claims.yaml"
        )


@pytest.mark.parametrize(
    ("subject", "said"),
    [
        ("appi", r"claims\[0\].subject: c0: there is no 'appi' in shop \(did you mean 'api'\?\)"),
        ("db/etdc", r"there is no 'db/etdc' in shop \(did you mean 'db/etcd'\?\)"),
        ("namespace:dat", r"there is no 'namespace:dat' in shop \(did you mean 'namespace:data'\?\)"),
        ("api/members", r"there is no 'api/members' in shop"),
    ],
)
def test_a_claim_about_what_is_not_there(subject: str, said: str) -> None:
    with pytest.raises(UnknownNameError, match=said):
        one(f"subject: '{subject}', figure: pods, value: 1")


def test_claims_about_another_topology() -> None:
    claims = loads_claims("name: mine\ntopologies: [shap]\nclaims: [{id: a, figure: pods, value: 1}]\n")
    assert judge(loads(SYSTEM), claims) == ()
    with pytest.raises(InputError, match="claims mine say nothing about 'shop' \\(did you mean 'shap'\\?\\)"):
        judge_all([loads(SYSTEM)], claims)


def test_every_figure_can_be_judged() -> None:
    values = {
        "count": 1,
        "millicores": "1m",
        "bytes": "1Mi",
        "milliseconds": "1s",
        "text": "a",
        "truth": "true",
        "set": "a",
    }
    lines = [
        f"figure: {name}, subject: [services, datastores], value: {values[figure.kind]}, scenario: killed"
        for name, figure in FIGURES.items()
    ]
    for item in judged(*lines):
        assert item.verdict in ("holds", "does not hold", "cannot be known")
        assert item.arithmetic or item.missing
        assert item.to_dict()["id"] == item.claim.id
