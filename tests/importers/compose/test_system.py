"""A whole system of fifty services in five layers, with everything at once: what comes out is what was meant."""

from collections.abc import Callable

import pytest

from novaplan.importers.compose import import_compose
from novaplan.topology.storage import dumps, loads
from novaplan.topology.system import Topology

STORES = {
    "db": "postgres",
    "cache": "redis",
    "bus": "kafka",
    "docs": "mongo",
    "search": "elasticsearch",
    "mq": "rabbitmq",
}

BASE = """\
name: market
include:
  - path: data/compose.yml
    env_file: data/data.env
x-logging: &logging {driver: json-file}
x-defaults: &defaults
  restart: unless-stopped
  logging: *logging
x-db: &db
  DATABASE_URL: postgres://${DB_USER:-app}:${DB_PASSWORD:?needed for the database}@db:5432/${DB_NAME:-market}
x-cache: &cache
  REDIS_URL: redis://:${CACHE_PASSWORD}@cache:6379/0
services:
  gateway:
    <<: *defaults
    image: nginx:1.27
    ports: ["80:80"]
    configs: [{source: routes, target: /etc/nginx/conf.d/default.conf}]
    depends_on: [web]
  web:
    build: {context: ./web}
    environment: {API_URL: "http://orders-api:8080", API_URL_PUBLIC: "http://localhost:8080"}
"""
NAMES = ("orders", "stock", "prices", "users", "carts", "mails", "images", "reviews", "billing", "audit")


def api(number: int, name: str) -> str:
    return f"""\
  {name}-api:
    extends: {{file: common/base.yml, service: api}}
    environment:
      <<: [*db, *cache]
      KAFKA_BROKERS: bus:9092
      NEXT_URL: http://{NAMES[(number + 1) % len(NAMES)]}-api:8080
    deploy: {{replicas: {1 + number % 3}}}
  {name}-worker:
    extends: {{service: {name}-api}}
    command: ["worker", "--mongo", "mongodb://app:pw@docs:27017/{name}", "--queue=amqp://mq:5672"]
    environment: {{NEXT_URL: ""}}
  {name}-cron:
    image: market/{name}:1
    profiles: [batch]
    environment: ["TARGET_HOST={name}-api"]
  {name}-tool:
    image: market/tool:1
    profiles: [tools]
    depends_on: [{name}-api]
"""


FILES = {
    "compose.yml": BASE
    + "".join(api(number, name) for number, name in enumerate(NAMES))
    + "configs: {routes: {file: routes.conf}}\n",
    "common/base.yml": """\
services:
  root:
    image: "market/app:${TAG:-1}"
    environment: {LOG: info}
    healthcheck: {test: [CMD, curl, "http://localhost:8080/up"]}
  api: {extends: root, env_file: api.env, expose: [8080]}
""",
    "common/api.env": "MODE=api\n",
    "routes.conf": """\
location / { proxy_pass http://web:3000; }
location /orders { proxy_pass http://orders-api:8080; }
""",
    "data/compose.yml": """\
services:
  db:
    image: "postgres:${PG}"
    environment: {POSTGRES_DB: market, POSTGRES_PASSWORD: pw-of-db}
    volumes: [db:/var/lib/postgresql/data]
    healthcheck: {test: "psql postgres://market:pw-of-db@localhost/market -c 'select 1'"}
  cache:
    image: redis:7
    command: redis-server --requirepass pw-of-cache
    healthcheck: {test: [CMD, redis-cli, -a, pw-of-cache, ping]}
  bus: {image: apache/kafka:3.8}
  docs: {image: mongo:7}
  search: {image: elasticsearch:8.15.0, networks: {default: {aliases: [elastic]}}}
  mq: {image: rabbitmq:3}
volumes: {db: }
""",
    "data/data.env": "PG=16",
    ".env": "DB_PASSWORD=pw-of-app\nCACHE_PASSWORD=pw-of-cache\n",
    "two.yml": "services: {web: {environment: {ELASTIC_HOST: elastic}}, gateway: {ports: !override ['443:443']}}\n",
    "three.yml": """\
services:
  orders-api:
    environment: {REDIS_URL: "redis://cache:6379/3"}
    deploy: {resources: {limits: {cpus: 1}}}
""",
    "four.yml": """\
services:
  stock-api: {environment: {KAFKA_BROKERS: !reset null}}
  web: {links: ["users-api:people"]}
""",
    "five.yml": """\
services:
  web: {environment: [PEOPLE_URL=http://people:8080]}
  images-worker: {command: !reset null}
""",
}
LAYERS = ["compose.yml", "two.yml", "three.yml", "four.yml", "five.yml"]


def edges(topology: Topology) -> set[tuple[str, str]]:
    return {(edge.client, edge.server) for edge in topology.dependencies if edge.server not in topology.external}


def expected() -> set[tuple[str, str]]:
    found = {
        ("gateway", "web"),
        ("gateway", "orders-api"),
        ("web", "orders-api"),
        ("web", "users-api"),
        ("web", "search"),
    }
    for number, name in enumerate(NAMES):
        found |= {(f"{name}-{part}", store) for part in ("api", "worker") for store in ("db", "cache", "bus")}
        found.add((f"{name}-api", f"{NAMES[(number + 1) % len(NAMES)]}-api"))
        found |= {(f"{name}-worker", "docs"), (f"{name}-worker", "mq"), (f"{name}-cron", f"{name}-api")}
    return found - {("stock-api", "bus"), ("images-worker", "docs"), ("images-worker", "mq")}


@pytest.fixture
def system(write: Callable[[dict[str, str]], None]) -> Topology:
    write(FILES)
    return import_compose(LAYERS, profiles=["batch"])[0]


def test_services_and_stores(system: Topology) -> None:
    assert system.name == "market"
    names = {"gateway", "web"} | {f"{name}-{part}" for name in NAMES for part in ("api", "worker", "cron")}
    assert {service.name for service in system.services} == names
    assert {store.name: store.kind for store in system.datastores} == STORES
    assert system.service["prices-api"].replicas == 3
    assert system.service["orders-cron"].optional


def test_dependencies(system: Topology) -> None:
    assert edges(system) == expected()
    assert all(edge.evidence for edge in system.dependencies)


def test_databases_and_indexes(system: Topology) -> None:
    to_db = {(edge.client, edge.database) for edge in system.dependencies if edge.server == "db"}
    assert ("orders-api", "market") in to_db
    indexes = {edge.client: edge.logical_db for edge in system.dependencies if edge.server == "cache"}
    assert (indexes["orders-api"], indexes["stock-api"]) == (3, 0)
    mongo = {edge.client: edge.database for edge in system.dependencies if edge.server == "docs"}
    assert mongo["users-worker"] == "users"


def test_no_secret_comes_through(write: Callable[[dict[str, str]], None]) -> None:
    write(FILES)
    topology, report = import_compose(LAYERS, profiles=["*"])
    text = dumps(topology) + "\n".join(report.lines()) + repr(topology)
    assert "pw-of" not in text


def test_saved_and_loaded_it_is_the_same_and_twice_the_same_bytes(write: Callable[[dict[str, str]], None]) -> None:
    write(FILES)
    first, second = (dumps(import_compose(LAYERS)[0]) for _ in range(2))
    assert first == second
    assert loads(first) == import_compose(LAYERS)[0]
    assert dumps(loads(first)) == first


def test_places_survive(system: Topology) -> None:
    (edge,) = [edge for edge in system.dependencies if (edge.client, edge.server) == ("web", "search")]
    assert [(place.file, place.line) for place in edge.evidence] == [("two.yml", 1)]
    assert {place.file for place in system.service["web"].declared} == {
        "compose.yml",
        "two.yml",
        "four.yml",
        "five.yml",
    }
