"""Which services are datastores, whatever else their names say, and addresses inside values made of parts."""

from collections.abc import Callable

import pytest

from novaplan.importers.compose import import_compose
from novaplan.topology.system import Topology

Write = Callable[[dict[str, str]], None]


def imported(write: Write, text: str) -> Topology:
    write({"c.yml": text})
    return import_compose(["c.yml"])[0]


@pytest.mark.parametrize(
    ("name", "image", "kind"),
    [
        ("shop-app-db", "postgres:17", "postgres"),
        ("edge-gateway-redis", "redis:8", "redis"),
        ("billing-writer-db2", "mariadb:11", "mysql"),
        ("ticket-backend-cache", "valkey/valkey:8", "redis"),
        ("image-worker-queue", "rabbitmq:4", "rabbitmq"),
        ("redis-exporter", "redis:8", None),
        ("db-backup", "postgres:17", None),
        ("mongo-init-job", "mongo:8", None),
    ],
)
def test_the_last_word_of_a_name_says_whether_it_holds_data(
    write: Write, name: str, image: str, kind: str | None
) -> None:
    topology = imported(write, f"services: {{{name}: {{image: '{image}'}}}}")
    assert [(store.name, store.kind) for store in topology.datastores] == ([(name, kind)] if kind else [])


@pytest.mark.parametrize(
    "value",
    [
        '{"stock":"stock:9090","mail":"mail:9091"}',
        '["stock:9090","mail:9091"]',
        "stock=stock:9090|mail=mail:9091",
        '{"stock":{"host":"stock"},"mail":{"host":"mail"}}',
    ],
)
def test_addresses_stand_inside_json_and_bars(write: Write, value: str) -> None:
    services = f"{{web: {{image: w, environment: {{PEERS: '{value}'}}}}, stock: &s {{image: s}}, mail: *s}}"
    topology = imported(write, f"services: {services}")
    assert {(edge.client, edge.server) for edge in topology.dependencies} == {("web", "stock"), ("web", "mail")}
