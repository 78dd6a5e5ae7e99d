"""Which services are datastores, whatever else their names say, and addresses inside values made of parts."""

from collections.abc import Callable

import pytest

from novaplan.importers.compose import import_compose
from novaplan.topology.storage import dumps, loads
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


@pytest.mark.parametrize(
    ("service", "kind"),
    [
        (
            "{image: own/base, command: [postgres, -c, max_connections=9], environment: {POSTGRES_PASSWORD: x}}",
            "postgres",
        ),
        ("{image: own/base, command: /usr/sbin/mysqld --skip-name-resolve, ports: ['3306:3306']}", "mysql"),
        ("{image: own/base, command: [serve], environment: {POSTGRES_PASSWORD: x}}", None),
        ("{image: own/base, command: [docker-entrypoint.sh], environment: {POSTGRES_PASSWORD: x}}", None),
    ],
)
def test_the_server_program_speaks_for_a_datastore(write: Write, service: str, kind: str | None) -> None:
    assert [store.kind for store in imported(write, f"services: {{data: {service}}}").datastores] == (
        [kind] if kind else []
    )


@pytest.mark.parametrize(
    "text",
    [
        "conf['cache_host'] = 'mem'",
        "'cache_host' => 'mem',",
        "define('CACHE_HOST', 'mem');",
        "cache_url: mem",
    ],
)
def test_hosts_stand_in_settings_of_scripts(write: Write, text: str) -> None:
    services = f'{{web: {{image: w, environment: {{CONFIG: "first = 1\\n{text}\\n"}}}}, mem: {{image: redis}}}}'
    assert [edge.server for edge in imported(write, f"services: {services}").dependencies] == ["mem"]


SHARED = """\
services:
  web: {image: w, env_file: all.env, depends_on: [db, mem]}
  job: {image: j, env_file: all.env, depends_on: [db]}
  api: {image: a, env_file: all.env}
  db: {image: postgres}
  mem: {image: redis}
"""


def test_a_shared_file_says_what_a_service_waits_for(write: Write) -> None:
    write({"all.env": "DB_HOST=db\nDB_NAME=shop\nREDIS_URL=redis://mem/2\n"})
    edges = {
        (edge.client, edge.server, edge.database, edge.logical_db, edge.possible)
        for edge in imported(write, SHARED).dependencies
    }
    assert edges == {
        ("web", "db", "shop", None, False),
        ("web", "mem", None, 2, False),
        ("job", "db", "shop", None, False),
        ("job", "mem", None, 2, True),
        ("api", "db", "shop", None, True),
        ("api", "mem", None, 2, True),
    }


def test_a_shared_file_of_several_databases_says_nothing_of_any_one(write: Write) -> None:
    write({"all.env": "A_URL=postgres://db/a\nB_URL=postgres://db/b\nM_URL=redis://mem\n"})
    edges = {(edge.server, edge.database) for edge in imported(write, SHARED).dependencies if edge.client == "web"}
    assert edges == {("db", None), ("mem", None)}


def test_databases_of_a_store_elsewhere_come_in_one_order(write: Write) -> None:
    urls = "{B: 'postgres://pg.corp.net/shop', A: 'postgres://pg.corp.net/0', C: 'postgres://pg.corp.net/mail'}"
    topology = imported(write, f"services: {{web: {{image: w, environment: {urls}}}}}")
    assert [database.name for database in topology.datastores[0].databases] == ["0", "mail", "shop"]
    assert loads(dumps(topology)) == topology


def test_an_image_of_several_programs_shares_its_files_like_several_images(write: Write) -> None:
    text = """\
    x-all: &all {image: suite, volumes: ["./conf:/conf"]}
    services:
      one: {<<: *all, entrypoint: One}
      two: {<<: *all, entrypoint: [Two, -v]}
      three: {<<: *all, command: serve}
      store: {image: mongo}
      cache: {image: redis}
    """
    write({"conf/all.json": '{"store": {"addr": "store"}, "cache": {"addr": "cache"}, "one": {"addr": "one"}}'})
    assert all(edge.possible for edge in imported(write, text).dependencies)
    same = imported(write, text.replace("Two", "One").replace("command: serve", "entrypoint: One -x"))
    assert not any(edge.possible for edge in same.dependencies)


@pytest.mark.parametrize(
    ("image", "volumes", "said"),
    [
        ("postgres:17", "[more:/x, 'data:/var/lib/postgresql/data']", "data, more"),
        ("postgres:17", "[]", None),
        ("web:1", "[data:/x]", None),
    ],
)
def test_a_volume_of_no_stated_size_is_told(write: Write, image: str, volumes: str, said: str | None) -> None:
    write({"c.yml": f"services: {{db: {{image: '{image}', volumes: {volumes}}}}}\nvolumes: {{data: {{}}, more: {{}}}}"})
    topology, told = import_compose(["c.yml"])
    assert all(store.storage is None for store in topology.datastores)
    found = [note.message for note in told.notes if note.kind == "left out"]
    message = f"how large the volume {said} is, so the storage of db is not stated; state it to keep data"
    assert found == ([message] if said else [])
