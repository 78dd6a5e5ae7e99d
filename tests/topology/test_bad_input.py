"""Bad input: every case is one clear line with file, line and field, and no value of a variable is in it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from novaplan.documents import writer
from novaplan.errors import DocumentError, InputError, NovaplanError, Problem, TopologyError, UnknownNameError
from novaplan.topology.base import Model, replace
from novaplan.topology.service import EnvVar
from novaplan.topology.storage import load, loads, save
from novaplan.topology.system import Topology
from tests.strategies import topologies

NO_NAME = (
    "is not a name Kubernetes accepts: use lower-case letters, digits and '-', start and end with a letter or digit, "
    "at most 63 characters"
)
NO_HOST = (
    "is not a name Kubernetes accepts: use lower-case letters, digits, '-' and '.', start and end with a letter or "
    "digit, at most 253 characters"
)
NO_QUANTITY = "is not a quantity such as 250m, 2 or 512Mi"
NO_DURATION = "is not a duration such as 30s, 250ms or 1m30s"


@pytest.fixture
def refused(tmp_path: Path) -> Callable[[str | bytes], Problem]:
    """Writes a file, loads it, and gives the only problem found, whose file is known to be right."""

    def refuse(content: str | bytes) -> Problem:
        path = tmp_path / "system.yaml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        with pytest.raises(InputError) as caught:
            load(path)
        (problem,) = caught.value.problems
        assert problem.file == str(path)
        assert str(caught.value) == str(problem)
        assert "\n" not in str(problem)
        assert list(tmp_path.iterdir()) == [path]
        return problem

    return refuse


# ---------------------------------------------------------------- files


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match=r"gone\.yaml: there is no such file$"):
        load(tmp_path / "gone.yaml")


def test_a_name_that_is_not_known_gets_the_nearest_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("topologies").mkdir()
    save(Topology(name="shop"), "topologies/my-own-shop.yaml")

    assert load("my-own-shop").name == "shop"
    with pytest.raises(UnknownNameError, match=r"there is no topology named 'my-own-shp' \(did you mean 'my-own-shop'"):
        load("my-own-shp")


def test_a_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        load(tmp_path)

    (problem,) = caught.value.problems
    assert problem.file == str(tmp_path)
    assert "file" in problem.message


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = tmp_path / "system.yaml"
    path.write_text("format: novaplan/topology/v1\n")
    path.chmod(0)

    with pytest.raises(DocumentError, match=r"system\.yaml: may not be read; check its permissions$"):
        load(path)


def test_a_file_of_100_mb_is_refused_without_reading_it(tmp_path: Path) -> None:
    path = tmp_path / "system.yaml"
    with path.open("wb") as stream:
        stream.truncate(100_000_000)

    started = time.perf_counter()
    with pytest.raises(DocumentError, match=r"system\.yaml: is larger than 64 MiB; split it into smaller files$"):
        load(path)
    assert time.perf_counter() - started < 1


BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        pytest.param(b"name: \xff\xfe\n", 1, "is not UTF-8 text; save it as UTF-8", id="another encoding"),
        pytest.param(
            b"\x7fELF\x01\x00\x00", 1, "holds a NUL byte, so it is a binary file; hand over YAML text", id="binary"
        ),
        pytest.param("name: [a\nservices: []\n", 2, "is not valid YAML", id="malformed"),
        pytest.param("name: a\n\tb: c\n", 2, "is not valid YAML", id="tab"),
        pytest.param(
            "name: a\nname: b\n", 2, "the key 'name' is given twice, first on line 1; keep one", id="duplicate key"
        ),
        pytest.param(
            "services:\n- name: a\n  replicas: 1\n  replicas: 2\n",
            4,
            "the key 'replicas' is given twice, first on line 3; keep one",
            id="duplicate key below",
        ),
        pytest.param(BOMB, 7, "aliases would expand to more than 10,000,000 values", id="alias bomb"),
        pytest.param("a: &a [*a]\n", 1, "the alias 'a' stands inside what it repeats", id="endless alias"),
        pytest.param("a: " + "[" * 200 + "]" * 200, 1, "nested deeper than 100 levels", id="deep nesting"),
        pytest.param("name: !!python/object:os.system x\n", 1, "the tag '!!python/object:os.system' is not", id="tag"),
        pytest.param("name: a\n---\nname: b\n", 3, "holds 2 documents where one is expected", id="two documents"),
        pytest.param("", 1, "holds no document; write one into it", id="empty"),
        pytest.param("- a\n", 1, "the file should be a mapping of fields at its top", id="list"),
        pytest.param("just text\n", 1, "the file should be a mapping of fields at its top", id="text"),
        pytest.param("null\n", 1, "the file is empty", id="nothing"),
    ],
)
def test_a_file_that_holds_no_topology(
    refused: Callable[[str | bytes], Problem], content: str | bytes, line: int, message: str
) -> None:
    problem = refused(content)

    assert problem.message.startswith(message)
    assert problem.line == line


# ---------------------------------------------------------------- fields

SERVICE = "services:\n- name: api\n"
DATASTORE = "datastores:\n- name: db\n  kind: mysql\n"
CONTAINER = SERVICE + "  containers:\n  - name: main\n"


@pytest.mark.parametrize(
    ("content", "line", "field", "message"),
    [
        # Unknown fields, with the nearest known one of that place.
        ("nmae: shop\n", 1, "nmae", "is not a known field (did you mean 'name'?)"),
        (SERVICE + "  replica: 2\n", 3, "services[api].replica", "is not a known field (did you mean 'replicas'?)"),
        (
            CONTAINER + "    env:\n    - name: A\n      vlaue: x\n",
            7,
            "services[api].containers[main].env[A].vlaue",
            "is not a known field (did you mean 'value'?)",
        ),
        (
            DATASTORE + "  deployment:\n    type: patroni\n    members: 3\n    synchronus: true\n",
            7,
            "datastores[db].deployment.synchronus",
            "is not a known field (did you mean 'synchronous'?)",
        ),
        ("colour: red\n", 1, "colour", "is not a known field"),
        # Values of another type.
        ("format: novaplan/topology/v2\n", 1, "format", "should be 'novaplan/topology/v1'"),
        ("name: 5\n", 1, "name", "should be text; put it in quotes"),
        ("name: ''\n", 1, "name", "should not be empty"),
        ("services:\n  name: api\n", 1, "services", "should be a list"),
        ("services:\n- api\n", 2, "services[0]", "should be a mapping of fields"),
        ("services:\n- replicas: 1\n", 2, "services[0].name", "is required"),
        (SERVICE + "  replicas: many\n", 3, "services[api].replicas", "should be a whole number"),
        (SERVICE + "  replicas: 1.5\n", 3, "services[api].replicas", "should be a whole number"),
        (SERVICE + "  replicas: yes\n", 3, "services[api].replicas", "should be a whole number"),
        (SERVICE + "  replicas: -1\n", 3, "services[api].replicas", "should be greater than or equal to 0"),
        (SERVICE + "  optional: maybe\n", 3, "services[api].optional", "should be true or false"),
        (
            SERVICE + "  role: cor\n",
            3,
            "services[api].role",
            "should be 'core', 'wrapper', 'gateway', 'worker' or 'infrastructure'",
        ),
        (
            SERVICE + "  rollout:\n    max_surge: 1.5\n",
            4,
            "services[api].rollout.max_surge",
            "should be a whole number or text",
        ),
        (
            CONTAINER + "    probes:\n      liveness:\n        port: 99999\n",
            7,
            "services[api].containers[main].probes.liveness.port",
            "should be less than or equal to 65535",
        ),
        (
            DATASTORE + "  deployment:\n    members: 3\n",
            4,
            "datastores[db].deployment",
            "needs a type",
        ),
        (
            DATASTORE + "  deployment:\n    type: patron\n",
            4,
            "datastores[db].deployment",
            "needs a type: one of 'standalone', 'sentinel', 'patroni', 'kafka', 'cluster', 'managed'",
        ),
        (DATASTORE + "  deployment:\n    type: patroni\n", 4, "datastores[db].deployment.members", "is required"),
        # Quantities.
        (
            CONTAINER + "    resources:\n      limits:\n        cpu: 1 core\n",
            7,
            "services[api].containers[main].resources.limits.cpu",
            f"'1 core' {NO_QUANTITY}",
        ),
        (
            CONTAINER + "    resources:\n      limits:\n        memory: -1Gi\n",
            7,
            "services[api].containers[main].resources.limits.memory",
            "'-1Gi' is negative",
        ),
        (
            DATASTORE + "  storage: 10E\n  version: '5'\n",
            4,
            "datastores[db].storage",
            "'10E' is larger than any machine",
        ),
        (
            DATASTORE + "  storage: [1]\n",
            4,
            "datastores[db].storage",
            "should be a quantity such as 250m, 2 or 512Mi",
        ),
        (SERVICE + "  termination:\n    grace: 30\n", 4, "services[api].termination.grace", f"'30' {NO_DURATION}"),
        (
            SERVICE + "  termination:\n    grace: {a: b}\n",
            4,
            "services[api].termination.grace",
            "should be a duration such as 30s, 250ms or 1m30s",
        ),
        # Names that Kubernetes rejects.
        ("services:\n- name: My_Service\n", 2, "services[My_Service].name", NO_NAME),
        ("services:\n- name: ''\n", 2, "services[0].name", NO_NAME),
        ("services:\n- name: -api\n", 2, "services[-api].name", NO_NAME),
        ("services:\n- name: " + "a" * 64 + "\n", 2, f"services[{'a' * 64}].name", "is longer than 63 characters"),
        ("namespaces:\n- name: Prod\n", 2, "namespaces[Prod].name", NO_NAME),
        ("externals:\n- name: a b\n", 2, "externals[a b].name", NO_HOST),
        ("secrets:\n- name: api_keys\n", 2, "secrets[api_keys].name", NO_HOST),
        (
            "externals:\n- name: a\n  kind: a b\n",
            3,
            "externals[a].kind",
            "should hold no white space and no control characters",
        ),
        # Routes.
        (
            SERVICE + "routes:\n- path: api\n  backends:\n  - service: api\n    port: http\n",
            4,
            "routes[0].path",
            "should start with '/' and hold no white space",
        ),
        (
            SERVICE + "routes:\n- path: /\n  host: a_b\n  backends:\n  - service: api\n    port: http\n",
            5,
            "routes[0].host",
            "is not a host: use lower-case letters, digits, '-' and '.', start and end with a letter or digit; "
            "'*.' may go first",
        ),
        ("routes:\n- path: /\n  backends: []\n", 3, "routes[0].backends", "should not be empty"),
    ],
)
def test_a_field_that_is_wrong_by_itself(
    refused: Callable[[str | bytes], Problem], content: str, line: int, field: str, message: str
) -> None:
    problem = refused(content)

    assert (problem.line, problem.field, problem.message) == (line, field, message)


# ---------------------------------------------------------------- what does not fit together

TWO = "services:\n- name: api\n- name: web\n"


def edge(client: str, server: str) -> str:
    return f"dependencies:\n- client: {client}\n  server: {server}\n"


def backend(service: str, weight: int) -> str:
    return f"  - service: {service}\n    port: http\n    weight: {weight}\n"


# Each rule with a file it refuses, where and how, and one that is nearly the same and fine.
RULES = {
    "a service twice": (
        "services:\n- name: api\n- name: api\n",
        (3, "services[api]", "'api' is declared twice; keep one"),
        TWO,
    ),
    "one name for two things": (
        SERVICE + "datastores:\n- name: api\n  kind: mysql\n",
        (4, "datastores[api].name", "'api' is already the name of one of the services; names are shared by all three"),
        SERVICE + DATASTORE,
    ),
    "a dependency twice": (
        TWO + edge("web", "api") + "- client: web\n  server: api\n",
        (7, "dependencies[1]", "'web api calls' is declared twice; keep one"),
        TWO + edge("web", "api") + "- client: web\n  server: api\n  mode: consumes\n",
    ),
    "a dependency on nothing": (
        TWO + edge("web", "apj"),
        (6, "dependencies[0].server", "there is no service, datastore or external 'apj' (did you mean 'api'?)"),
        TWO + edge("web", "api"),
    ),
    "a dependency of nothing": (
        TWO + edge("shop", "api"),
        (5, "dependencies[0].client", "there is no service, datastore or external 'shop'"),
        TWO + edge("web", "api"),
    ),
    "a dependency on itself": (
        TWO + edge("api", "api"),
        (6, "dependencies[0].server", "'api' cannot depend on itself"),
        TWO + edge("api", "web"),
    ),
    "a dependency of an external": (
        SERVICE + "externals:\n- name: mail\n" + edge("mail", "api"),
        (6, "dependencies[0].client", "'mail' is an external; only what runs here has dependencies"),
        SERVICE + "externals:\n- name: mail\n" + edge("api", "mail"),
    ),
    "no such namespace": (
        SERVICE + "  namespace: prd\nnamespaces:\n- name: prod\n",
        (3, "services[api].namespace", "there is no namespace 'prd' (did you mean 'prod'?)"),
        SERVICE + "  namespace: prod\nnamespaces:\n- name: prod\n",
    ),
    "no namespaces at all": (
        "secrets:\n- name: api\n  namespace: prod\n",
        (3, "secrets[api].namespace", "there is no namespace 'prod'; declare it under namespaces"),
        "secrets:\n- name: api\n",
    ),
    "min above max": (
        SERVICE + "  autoscaling:\n    min: 5\n    max: 2\n",
        (4, "services[api].autoscaling.min", "min 5 is above max 2; swap or correct them"),
        SERVICE + "  autoscaling:\n    min: 2\n    max: 2\n",
    ),
    "a port name twice": (
        SERVICE + "  ports:\n  - name: http\n    port: 80\n  - name: http\n    port: 81\n",
        (6, "services[api].ports[http]", "'http' is declared twice; keep one"),
        SERVICE + "  ports:\n  - name: http\n    port: 80\n  - name: more\n    port: 81\n",
    ),
    "a port number twice": (
        SERVICE + "  ports:\n  - name: a\n    port: 80\n  - name: b\n    port: 81\n    target: 80\n",
        (6, "services[api].ports[b]", "port 80 is taken by another port of this service"),
        SERVICE + "  ports:\n  - name: a\n    port: 80\n  - name: b\n    port: 80\n    protocol: udp\n",
    ),
    "a container twice": (
        CONTAINER + "  - name: main\n    kind: sidecar\n",
        (5, "services[api].containers[main]", "'main' is declared twice; keep one"),
        CONTAINER + "  - name: proxy\n    kind: sidecar\n",
    ),
    "two main containers": (
        CONTAINER + "  - name: other\n",
        (
            5,
            "services[api].containers[other]",
            "main and other are both of kind main; one service has one main container",
        ),
        CONTAINER + "  - name: other\n    kind: init\n",
    ),
    "a variable twice": (
        CONTAINER + "    env:\n    - name: A\n      value: x\n    - name: A\n      value: y\n",
        (8, "services[api].containers[main].env[A]", "variable 'A' is declared twice; keep one"),
        CONTAINER + "    env:\n    - name: A\n      value: x\n    - name: B\n      value: y\n",
    ),
    "a flag twice": (
        SERVICE + "  flags:\n  - name: beta\n  - name: beta\n",
        (5, "services[api].flags[beta]", "'beta' is declared twice; keep one"),
        SERVICE + "  flags:\n  - name: beta\n  - name: Beta\n",
    ),
    "a surge that is none": (
        SERVICE + "  rollout:\n    max_surge: 250%\n",
        (4, "services[api].rollout.max_surge", "'250%' is neither a count nor a percentage such as 25%"),
        SERVICE + "  rollout:\n    max_surge: 100%\n",
    ),
    "a surge in quotes": (
        SERVICE + "  rollout:\n    max_unavailable: '1'\n",
        (4, "services[api].rollout.max_unavailable", "'1' is neither a count nor a percentage such as 25%"),
        SERVICE + "  rollout:\n    max_unavailable: 1\n",
    ),
    "a budget that says two things": (
        SERVICE + "  disruption_budget:\n    min_available: 1\n    max_unavailable: 1\n",
        (3, "services[api].disruption_budget", "state exactly one of min_available and max_unavailable"),
        SERVICE + "  disruption_budget:\n    min_available: 1\n",
    ),
    "a budget that says nothing": (
        DATASTORE + "  disruption_budget: {}\n",
        (4, "datastores[db].disruption_budget", "state exactly one of min_available and max_unavailable"),
        DATASTORE + "  disruption_budget:\n    max_unavailable: 50%\n",
    ),
    "a budget that is none": (
        DATASTORE + "  disruption_budget:\n    min_available: -1\n",
        (5, "datastores[db].disruption_budget.min_available", "-1 is neither a count nor a percentage such as 50%"),
        DATASTORE + "  disruption_budget:\n    min_available: 0\n",
    ),
    "a pause longer than the grace": (
        SERVICE + "  termination:\n    grace: 5s\n    pre_stop: 6s\n",
        (5, "services[api].termination.pre_stop", "the pause before stopping is longer than the whole grace period"),
        SERVICE + "  termination:\n    grace: 5s\n    pre_stop: 5s\n",
    ),
    "waiting for nothing": (
        SERVICE + "  startup:\n    wait_for: [cache]\n",
        (4, "services[api].startup.wait_for", "there is no service or datastore 'cache'"),
        SERVICE + "  startup:\n    wait_for: [db]\n" + DATASTORE,
    ),
    "waiting for a later tier": (
        SERVICE + "  startup:\n    tier: 1\n    wait_for: [web]\n- name: web\n  startup:\n    tier: 2\n",
        (5, "services[api].startup.wait_for", "api is in tier 1 but waits for web of the later tier 2"),
        SERVICE + "  startup:\n    tier: 1\n    wait_for: [web]\n- name: web\n  startup:\n    tier: 1\n",
    ),
    "waiting in a circle": (
        "services:\n"
        + "".join(
            f"- name: {name}\n  startup:\n    wait_for: [{other}]\n"
            for name, other in [("c", "a"), ("a", "b"), ("b", "c")]
        ),
        (7, "services[a].startup.wait_for", "nothing of this circle can start: a -> b -> c -> a"),
        "services:\n- name: a\n- name: b\n  startup:\n    wait_for: [a]\n- name: c\n  startup:\n    wait_for: [a, b]\n",
    ),
    "waiting for itself": (
        SERVICE + "  startup:\n    wait_for: [api]\n",
        (4, "services[api].startup.wait_for", "nothing of this circle can start: api -> api"),
        SERVICE + "  startup:\n    wait_for: []\n",
    ),
    "a database twice": (
        DATASTORE + "  databases:\n  - name: a\n  - name: a\n",
        (6, "datastores[db].databases[a]", "'a' is declared twice; keep one"),
        DATASTORE + "  databases:\n  - name: a\n  - name: A\n",
    ),
    "a schema twice": (
        DATASTORE + "  databases:\n  - name: a\n    schemas:\n    - name: b\n    - name: b\n",
        (8, "datastores[db].databases[a].schemas[b]", "schema 'b' is declared twice; keep one"),
        DATASTORE + "  databases:\n  - name: a\n    schemas:\n    - name: a\n    - name: b\n",
    ),
    "a topic twice": (
        DATASTORE + "  topics:\n  - name: a\n  - name: a\n",
        (6, "datastores[db].topics[a]", "'a' is declared twice; keep one"),
        DATASTORE + "  topics:\n  - name: a\n  consumer_groups:\n  - name: a\n",
    ),
    "a logical DB twice": (
        DATASTORE + "  logical_dbs:\n  - index: 3\n  - index: 3\n",
        (6, "datastores[db].logical_dbs[1]", "logical DB 3 is declared twice; keep one"),
        DATASTORE + "  logical_dbs:\n  - index: 3\n  - index: 2\n",
    ),
    "a variable of a datastore twice": (
        DATASTORE + "  env:\n  - name: A\n  - name: A\n",
        (6, "datastores[db].env[A]", "'A' is declared twice; keep one"),
        DATASTORE + "  env:\n  - name: A\n  - name: B\n",
    ),
    "a quorum beyond reach": (
        DATASTORE + "  deployment:\n    type: sentinel\n    members: 3\n    sentinels: 3\n    quorum: 4\n",
        (8, "datastores[db].deployment.quorum", "quorum 4 can never be reached by 3 sentinels"),
        DATASTORE + "  deployment:\n    type: sentinel\n    members: 3\n    sentinels: 3\n    quorum: 3\n",
    ),
    "a database of nobody": (
        SERVICE + DATASTORE + "  databases:\n  - name: a\n    owner: apj\n",
        (8, "datastores[db].databases[a].owner", "there is no service 'apj' (did you mean 'api'?)"),
        SERVICE + DATASTORE + "  databases:\n  - name: a\n    owner: api\n",
    ),
    "a schema of nobody": (
        SERVICE + DATASTORE + "  databases:\n  - name: a\n    schemas:\n    - name: b\n      owner: db\n",
        (10, "datastores[db].databases[a].schemas[b].owner", "there is no service 'db'"),
        SERVICE + DATASTORE + "  databases:\n  - name: a\n    schemas:\n    - name: b\n      owner: api\n",
    ),
    # The second of the two stands first when in order; the line is still the one in the file.
    "a logical DB of nobody": (
        SERVICE + DATASTORE + "  logical_dbs:\n  - index: 7\n    owners: [apj]\n  - index: 2\n    owners: [api]\n",
        (8, "datastores[db].logical_dbs[0].owners", "there is no service 'apj' (did you mean 'api'?)"),
        SERVICE + DATASTORE + "  logical_dbs:\n  - index: 7\n    owners: [api]\n  - index: 2\n    owners: [api]\n",
    ),
    "a route to nothing": (
        TWO + "routes:\n- path: /\n  backends:\n" + backend("web", 50) + backend("apj", 50),
        (10, "routes[0].backends[1].service", "there is no service 'apj' (did you mean 'api'?)"),
        TWO + "routes:\n- path: /\n  backends:\n" + backend("web", 50) + backend("api", 50),
    ),
    "a route through nothing": (
        TWO + "routes:\n- path: /\n  via: gate\n  backends:\n" + backend("web", 100),
        (6, "routes[0].via", "there is no service 'gate'"),
        TWO + "routes:\n- path: /\n  via: api\n  backends:\n" + backend("web", 100),
    ),
    "weights that leave traffic over": (
        TWO + "routes:\n- path: /\n  backends:\n" + backend("web", 50) + backend("api", 40),
        (6, "routes[0].backends", "the weights add up to 90, not 100"),
        TWO + "routes:\n- path: /\n  backends:\n" + backend("web", 60) + backend("api", 40),
    ),
    "a route from nowhere": (
        TWO + "routes:\n- host: a.example\n  backends:\n" + backend("web", 100),
        (5, "routes[0]", "state a path, or the port to listen on"),
        TWO + "routes:\n- listen: 1935\n  backends:\n" + backend("web", 100),
    ),
    "a route twice": (
        TWO
        + "routes:\n- path: /\n  backends:\n"
        + backend("web", 100)
        + "- path: /\n  backends:\n"
        + backend("api", 100),
        (10, "routes[1]", "'* / prefix' is declared twice; keep one"),
        TWO
        + "routes:\n- path: /\n  backends:\n"
        + backend("web", 100)
        + "- path: /\n  match: exact\n  backends:\n"
        + backend("api", 100),
    ),
    "a secret twice": (
        "secrets:\n- name: a\n- name: a\n",
        (3, "secrets[a]", "'a' is declared twice; keep one"),
        "namespaces:\n- name: x\nsecrets:\n- name: a\n- name: a\n  namespace: x\n",
    ),
    "a key twice": (
        "secrets:\n- name: a\n  keys:\n  - name: k\n  - name: b\n  - name: k\n",
        (6, "secrets[a].keys[k]", "key 'k' is declared twice; keep one"),
        "secrets:\n- name: a\n  keys:\n  - name: k\n  - name: b\n",
    ),
    "an object twice": (
        "unmodelled:\n- kind: Role\n  name: a\n- kind: Role\n  name: a\n",
        (4, "unmodelled[a]", "'Role a' is declared twice; keep one"),
        "unmodelled:\n- kind: Role\n  name: a\n- kind: Role\n  name: b\n",
    ),
    "two fates": (
        "lineage:\n  source: a\n  digest: b\n  parts:\n  - part: service:b\n    fate: kept\n"
        "  - part: service:a\n    fate: kept\n  - part: service:b\n    fate: retired\n",
        (9, "lineage.parts[2]", "'service:b' already has its fate; a part has one"),
        "lineage:\n  source: a\n  digest: b\n  parts:\n  - part: service:b\n    fate: kept\n"
        "  - part: service:a\n    fate: kept\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("content", "expected", "fine"), RULES.values(), ids=RULES.keys())
def test_what_does_not_fit_together(
    refused: Callable[[str | bytes], Problem], content: str, expected: tuple[int, str, str], fine: str
) -> None:
    problem = refused(content)

    assert (problem.line, problem.field, problem.message) == expected
    assert isinstance(loads(fine), Topology)


# ---------------------------------------------------------------- all of it at once


def test_every_problem_of_a_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / "system.yaml"
    path.write_text("services:\n- name: A\n  replicas: -1\n  replica: 1\n")

    with pytest.raises(TopologyError) as caught:
        load(path)

    assert [(problem.line, problem.field) for problem in caught.value.problems] == [
        (2, "services[A].name"),
        (3, "services[A].replicas"),
        (4, "services[A].replica"),
    ]


def test_a_circle_is_told_the_same_way_whatever_comes_first() -> None:
    links = {"a": "b", "b": "c", "c": "a"}
    messages = set()
    for first in links:
        order = sorted(links, key=lambda name: (name != first, name))
        text = writer.dump({"services": [{"name": name, "startup": {"wait_for": [links[name]]}} for name in order]})
        with pytest.raises(TopologyError) as caught:
            loads(text)
        messages.add(caught.value.problems[0].message)

    assert messages == {"nothing of this circle can start: a -> b -> c -> a"}


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(
            "services:\n" + "".join(f"- name: s{n}\n  replica: 1\n" for n in range(2000)), id="unknown fields"
        ),
        pytest.param(
            "services:\n"
            + "".join(f"- name: s{n}\n" for n in range(2000))
            + "dependencies:\n"
            + "".join(f"- client: s{n}\n  server: t{n}\n" for n in range(2000)),
            id="dependencies on nothing",
        ),
    ],
)
def test_thousands_of_problems_are_told_within_seconds(broken: str) -> None:
    started = time.perf_counter()
    with pytest.raises(TopologyError) as caught:
        loads(broken)

    assert len(caught.value.problems) == 2000
    assert time.perf_counter() - started < 15


# ---------------------------------------------------------------- secrets

MARKER = "hunter2-must-not-be-told"


def with_secrets(value: Any) -> Any:
    """``value`` with a secret as the value of every variable."""
    if isinstance(value, EnvVar):
        return replace(value, value=MARKER)
    if isinstance(value, Model):
        return replace(value, **{name: with_secrets(getattr(value, name)) for name in type(value).model_fields})
    return tuple(map(with_secrets, value)) if isinstance(value, tuple) else value


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of everything in a document."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, item in items for place in places(item, (*path, key)))]


WRONG: list[Any] = [None, -1, 1.5, True, "no such thing", [], {}, ["a"], {"a": 1}, [[]], "", "a" * 300]


@settings(max_examples=60)
@given(topologies(), st.data())
def test_no_error_tells_the_value_of_a_variable(topology: Topology, data: st.DataObject) -> None:
    document = with_secrets(topology).to_dict()
    containers = document["services"][0].setdefault("containers", [{"name": "main"}])
    containers[0]["env"] = [{"name": "PASSWORD", "value": MARKER}]
    for _ in range(data.draw(st.integers(1, 4))):
        *path, last = data.draw(st.sampled_from([place for place in places(document) if place]))
        parent = document
        for step in path:
            parent = parent[step]
        match data.draw(st.sampled_from(("replace", "drop", "repeat", "misname"))):
            case "replace":
                parent[last] = data.draw(st.sampled_from(WRONG))
            case "drop":
                del parent[last]
            case "repeat" if isinstance(parent, list):
                parent.append(parent[last])
            case "misname" if isinstance(parent, dict):
                parent[f"{last}x"] = parent.pop(last)
    message = ""
    try:
        loads(writer.dump(document))
    except NovaplanError as error:
        message = str(error)

    assert "hunter2" not in message


@pytest.mark.parametrize(
    "env",
    [
        f"{{PASSWORD: {MARKER}}}",
        f"[PASSWORD={MARKER}]",
        f"[{{name: A, value: [{MARKER}]}}]",
        f"[{{name: A, value: {{{MARKER}: x}}}}]",
        f"[{{name: A, secret: {MARKER}}}]",
        f"[{{name: A, secret: {{name: a, key: [{MARKER}]}}}}]",
        f"{MARKER}",
        f"[{{name: A, value: {MARKER}}}, {{name: A, value: {MARKER}}}]",
        f"[{{name: A, value: '{MARKER}}}]",
        f"[{{name: A, value: {MARKER}: x}}]",
        f"[{{name: A, value: !secret {MARKER}}}]",
    ],
)
def test_a_variable_in_a_wrong_form_keeps_its_secret(env: str) -> None:
    with pytest.raises(InputError) as caught:
        loads(CONTAINER + f"    env: {env}\n")

    assert MARKER not in str(caught.value)


def test_of_several_circles_the_same_is_told_whatever_the_order() -> None:
    waits = {"a": ["c"], "b": ["a"], "c": ["a", "b"]}
    told = set()
    for order in (["a", "b", "c"], ["b", "c", "a"], ["c", "b", "a"]):
        services = [{"name": name, "startup": {"wait_for": waits[name]}} for name in order]
        with pytest.raises(TopologyError) as caught:
            Topology.model_validate({"services": services})
        told.add(caught.value.problems[0].message)
    assert len(told) == 1
