"""What Kubernetes would refuse, and settings that fit no system: one clear line each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings

import novaplan
from novaplan.errors import InputError, UnknownNameError
from novaplan.render.assembly import assemble
from novaplan.render.context import Context
from novaplan.render.settings import Environment
from novaplan.topology.system import Topology
from tests.render.examples import names, objects, settings, small, system
from tests.strategies import topologies


def problems(topology: Topology, **wanted: Any) -> list[str]:
    """What is said about ``topology`` where these settings are changed."""
    with pytest.raises(InputError) as caught:
        novaplan.render_manifests(topology, settings().model_copy(update=wanted))
    return [str(problem) for problem in caught.value.problems]


REFUSED = [
    (
        {"rollout": {"max_surge": 0, "max_unavailable": "0%"}},
        "service:api.rollout: max_surge and max_unavailable are both 0, so no pod could ever be replaced; raise one",
    ),
    (
        {"containers": [{"name": "c", "probes": {"liveness": {"port": "htpp"}}}]},
        "container:api/c.probes.liveness: asks port 'htpp', which api does not have; its ports are http",
    ),
    (
        {"ports": [], "containers": [{"name": "c", "probes": {"startup": {}}}]},
        "container:api/c.probes.startup: asks a port, which api does not have; its ports are none",
    ),
    (
        {"containers": [{"name": "c", "probes": {"readiness": {"type": "exec"}}}]},
        "container:api/c.probes.readiness: runs no command; state one, or another type of probe",
    ),
    (
        {"containers": [{"name": "c", "env": [{"name": "A=B", "value": ""}]}]},
        "container:api/c.env.A=B: is no name of a variable: use printable ASCII without '='",
    ),
    (
        {"containers": [{"name": "c", "env": [{"name": "A:B"}]}]},
        "container:api/c.env.A:B: has no value, and cannot be a key of a Secret either: "
        "those have letters, digits, '-', '_' and '.' only",
    ),
    (
        {"containers": [{"name": "c", "env": [{"name": "A", "secret": {"name": "Not_A_Name", "key": "k"}}]}]},
        "container:api/c.env.A: comes from 'Not_A_Name', which is no name of a Secret or ConfigMap",
    ),
    (
        {"containers": [{"name": "c", "env": [{"name": "A", "config": {"name": "c", "key": "a/b"}}]}]},
        "container:api/c.env.A: comes from the key 'a/b'; keys have letters, digits, '-', '_' and '.' only",
    ),
    (
        {"containers": [{"name": "c", "env": [{"name": "A", "field": "metadata.nmae"}]}]},
        "container:api/c.env.A: is 'metadata.nmae', which is no field of a pod that a variable can have",
    ),
    (
        {"topology_routes": [{"path": "/", "backends": [{"service": "api", "port": "htpp"}]}]},
        "route:*/: leads to port 'htpp' of api, which does not have it; its ports are http",
    ),
    (
        {
            "topology_routes": [
                {
                    "listen": 1935,
                    "backends": [
                        {"service": "api", "port": "http", "weight": 50},
                        {"service": "web", "port": "http", "weight": 50},
                    ],
                }
            ]
        },
        "route:*:1935: is a plain port with several backends; a Service leads to one",
    ),
]


@pytest.mark.parametrize(("changes", "said"), REFUSED, ids=[said.partition(":")[2][:40] for _, said in REFUSED])
def test_what_no_object_can_hold(changes: dict[str, Any], said: str) -> None:
    assert problems(small(**changes)) == [said]


def test_every_problem_is_told_at_once() -> None:
    env = [{"name": "A", "field": "x"}, {"name": "B", "field": "y"}]
    assert len(problems(small(containers=[{"name": "c", "env": env}], rollout=REFUSED[0][0]["rollout"]))) == 3


def test_three_backends() -> None:
    services = [{"name": name, "ports": [{"name": "http", "port": 80}]} for name in ("a", "b", "c")]
    backends = [{"service": name, "port": "http", "weight": 33 + (name == "a")} for name in ("a", "b", "c")]
    topology = small(
        topology_services=services, topology_dependencies=[], topology_routes=[{"path": "/", "backends": backends}]
    )
    assert problems(topology) == ["route:*/: has more than two backends; an Ingress can share traffic between two"]


def named(name: str, **changes: Any) -> Topology:
    """A system of one service."""
    service = {"name": name, "ports": [{"name": "http", "port": 80}], **changes}
    return small(topology_services=[service], topology_dependencies=[])


def test_names_that_kubernetes_refuses() -> None:
    (said,) = problems(named("9lives"))
    assert said.startswith("Service 9lives: a Service's name starts with a letter")
    (said,) = problems(named("a" * 53, workload="statefulset"))
    assert said == (
        f"StatefulSet {'a' * 53}: has 53 characters, of which Kubernetes takes 52 here; choose a shorter name"
    )
    assert names(objects(named("a" * 63)), "Service") == {"a" * 63}


def test_two_parts_that_would_be_one_object() -> None:
    services = [{"name": name, "ports": [{"name": "http", "port": 80, "published": 81}]} for name in ("a",)]
    services.append({"name": "public-tcp-81", "ports": [{"name": "http", "port": 80}]})
    topology = small(topology_services=services, topology_dependencies=[])
    said = "two parts of the system would both be the Service public-tcp-81; rename one of them"
    assert problems(topology) == [said]


def test_two_services_on_one_port() -> None:
    services = [{"name": name, "ports": [{"name": "http", "port": 80, "published": 30080}]} for name in ("a", "b")]
    topology = small(topology_services=services, topology_dependencies=[])
    assert problems(topology) == ["port 30080: a and b both publish it; choose another, or a route that leads to one"]
    apart = [{**service, "namespace": f"of-{service['name']}"} for service in services]
    spaces = [{"name": service["namespace"]} for service in apart]
    topology = small(topology_services=apart, topology_dependencies=[], topology_namespaces=spaces)
    nodes = settings().network.model_copy(update={"public": "NodePort"})
    (said,) = problems(topology, network=nodes)
    assert "Service public-tcp-30080 of namespace of-a publishes node port 30080 already" in said
    assert names(objects(topology), "Service") == {"a", "b", "public-tcp-30080"}, "each has an address of its own"


@hypothesis_settings(suppress_health_check=list(HealthCheck), deadline=None, max_examples=150)
@given(topology=topologies())
def test_any_topology_renders_or_is_refused_in_so_many_words(topology: Topology) -> None:
    try:
        assemble(Context(topology, settings()))
    except InputError as error:
        told = [str(problem) for problem in error.problems]
        assert told
        assert all(line.isprintable() for line in told)


# ---------------------------------------------------------------- settings


UNKNOWN = [
    ({"images": {"ap": "x"}}, "images: there is no component or container 'ap' (did you mean 'api'?)"),
    ({"mounts": {"api/x": "/x"}}, "mounts: there is no service/volume 'api/x'"),
    ({"schedules": {"api": "@daily"}}, "schedules: there is no cron job 'api'"),
    ({"externals": {"api": "x"}}, "externals: there is no datastore or external that somebody else runs 'api'"),
    ({"disabled": ("apo",)}, "disabled: there is no component 'apo' (did you mean 'api'?)"),
    ({"disabled": ("api",)}, "disabled: api is not optional: the system is not complete without it"),
    (
        {"environment": "prodution", "environments": (Environment(name="production"),)},
        "environment: there is no environment 'prodution' (did you mean 'production'?)",
    ),
]
UNKNOWN += [
    (
        {"environment": name},
        f"environment: there is no environment {name!r}{near}; settings.environments describes none",
    )
    for name, near in (("nosuch", ""), ("prodution", " (did you mean 'production'?)"))
]


@pytest.mark.parametrize(("wanted", "said"), UNKNOWN)
def test_settings_about_nothing(wanted: dict[str, Any], said: str) -> None:
    assert problems(small(), **wanted) == [said]


def test_a_schedule_that_is_none() -> None:
    (said,) = problems(small(workload="cronjob"), schedules={"api": "every day"})
    assert said == "schedules.api: 'every day' is no schedule; write five fields such as '*/10 * * * *'"


def test_what_is_optional_can_be_switched_off() -> None:
    whole = system("target")
    made = novaplan.render_manifests(whole, settings().model_copy(update={"disabled": ("streaming-service",)}))
    text = "".join(file.text for name, file in made.files.items() if name.endswith(".yaml"))
    assert "name: streaming-service" not in text
    assert "api-service" in text
    assert whole.service["streaming-service"].optional


def test_what_is_left_of_a_route_gets_all_of_its_traffic() -> None:
    services = [{"name": name, "optional": name == "b", "ports": [{"name": "http", "port": 80}]} for name in ("a", "b")]
    backends = [{"service": "a", "port": "http", "weight": 30}, {"service": "b", "port": "http", "weight": 70}]
    waiting = {"name": "c", "startup": {"wait_for": ["b"]}, "ports": [{"name": "http", "port": 80}]}
    topology = small(
        topology_services=[*services, waiting],
        topology_dependencies=[],
        topology_routes=[
            {"path": "/", "backends": backends},
            {"path": "/b", "backends": [{**backends[1], "weight": 100}]},
        ],
    )
    tree = novaplan.render_manifests(topology, settings().model_copy(update={"disabled": ("b",)}))
    text = tree.files["microservices-deployments.yaml"].text
    assert "canary" not in text
    assert "path: /b" not in text
    assert "wait-for" not in text


def test_settings_are_loaded_and_changed() -> None:
    found = novaplan.load_render_settings(
        changes=["tag=1.10", "ingress.host=shop.example", "images.api/main=x:1", "disabled=[a, b]", r"images.a\.b=y"]
    )
    assert found.tag == "1.10", "a number to YAML, but the setting is text"
    assert (found.ingress.host, found.ingress.class_name) == ("shop.example", "nginx")
    assert found.images == {"api/main": "x:1", "a.b": "y"}
    assert found.disabled == ("a", "b")


CHANGES = [
    ("registy=x", "--set registy=x: registy is not a known field (did you mean 'registry'?)"),
    ("ingress.hots=x", "--set ingress.hots=x: ingress.hots is not a known field (did you mean 'host'?)"),
    ("registry.x=y", "--set registry.x=y: registry has no fields of its own"),
    ("registry", "--set registry: should be written field=value"),
    ("=x", "--set =x: should be written field=value"),
    ("run_as_user=0", "--set run_as_user=0: run_as_user: should be greater than or equal to 1"),
    ("ingress=3", "--set ingress=3: ingress: should be a mapping of fields"),
    *(
        (f"{field}={value}", f"--set {field}={value}: {field}: {said}")
        for field, value, said in (
            (
                "registry",
                "https://r.example",
                "should be a host, a port and a path as in r.example:5000/team, without https://",
            ),
            (
                "registry",
                "r.example/",
                "should be a host, a port and a path as in r.example:5000/team, without https://",
            ),
            ("tag", "1.4/2", "should be a tag as in 1.4.2: letters, digits, '.', '_' and '-'"),
            (
                "images.api",
                "https://r.example/api",
                "should be an image as in r.example/team/name:1.4.2, without https://",
            ),
            ("images.api", "r.example/api:1:2", "should be an image as in r.example/team/name:1.4.2, without https://"),
            ("tools.wait", "Busybox", "should be an image as in r.example/team/name:1.4.2, without https://"),
        )
    ),
]


@pytest.mark.parametrize(("change", "said"), CHANGES)
def test_changes_that_do_not_fit(change: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        novaplan.load_render_settings(changes=[change])
    assert str(caught.value) == said


@pytest.mark.parametrize("registry", ["r.example", "R.example:5000/team/a__b", "localhost:5000", "10.0.0.1/x-y.z"])
@pytest.mark.parametrize(
    "image", ["api", "Reg.example:5000/team/api:1_2.x", "other/cart@sha256:0", "a.b/c:1@sha256:0f"]
)
def test_images_that_a_kubelet_takes(registry: str, image: str) -> None:
    found = novaplan.load_render_settings(changes=[f"registry={registry}", f"images.api={image}"])
    assert (found.registry, found.images) == (registry, {"api": image})


def test_a_change_that_is_no_yaml() -> None:
    with pytest.raises(InputError, match=r"^--set tag=\[: is not valid YAML"):
        novaplan.load_render_settings(changes=["tag=["])


def test_settings_that_are_wrong(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("tools:\n  weit: busybox\n")
    with pytest.raises(InputError) as caught:
        novaplan.load_render_settings(file)
    assert str(caught.value) == f"{file}:2: tools.weit: is not a known field (did you mean 'wait'?)"
    with pytest.raises(UnknownNameError, match="there is no model named 'rendr'"):
        novaplan.load_render_settings("rendr")
