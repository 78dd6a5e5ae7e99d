"""What a workload is: a known image says it, otherwise two things must agree."""

from pathlib import Path

import pytest

from novaplan.errors import InputError
from novaplan.importers.draft import Container, Port, Setting, Where, Workload
from novaplan.importers.recognition import Recognition, image_path, load_table

HERE = Where("a.yaml", 1)
RECOGNITION = Recognition()


def workload(
    name: str = "x",
    image: str | None = None,
    *,
    ports: tuple[int, ...] = (),
    env: tuple[str, ...] = (),
    command: tuple[str, ...] = (),
    kind: str = "deployment",
) -> Workload:
    settings = tuple(Setting(variable, "1", HERE) for variable in env)
    container = Container("main", image, command=command, settings=settings)
    return Workload(name, HERE, kind=kind, ports=tuple(Port(port) for port in ports), containers=(container,))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("image", "kind"),
    [
        ("postgres:16-alpine", "postgres"),
        ("postgis/postgis:16-3.4", "postgres"),
        ("timescale/timescaledb:latest-pg16", "postgres"),
        ("debezium/postgres:15", "postgres"),
        ("docker.io/bitnami/postgresql:16@sha256:abc", "postgres"),
        ("localhost:5000/library/mysql", "mysql"),
        ("mariadb", "mysql"),
        ("mongo:7", "mongo"),
        ("redis:7", "redis"),
        ("valkey/valkey:8", "redis"),
        ("redis/redis-stack-server", "redis"),
        ("memcached:1.6", "memcached"),
        ("confluentinc/cp-kafka:7.6.0", "kafka"),
        ("docker.redpanda.com/redpandadata/redpanda:v24", "kafka"),
        ("confluentinc/cp-zookeeper", "zookeeper"),
        ("rabbitmq:3-management", "rabbitmq"),
        ("nats:2", "nats"),
        ("docker.elastic.co/elasticsearch/elasticsearch:8.13.0", "elasticsearch"),
        ("opensearchproject/opensearch:2", "opensearch"),
        ("clickhouse/clickhouse-server:24", "clickhouse"),
        ("scylladb/scylla", "cassandra"),
        ("neo4j:5", "neo4j"),
        ("milvusdb/milvus:v2.4", "milvus"),
        ("minio/minio", "minio"),
        ("quay.io/coreos/etcd:v3.5", "etcd"),
        ("mcr.microsoft.com/mssql/server:2022-latest", "sqlserver"),
        ("cockroachdb/cockroach", "cockroach"),
        ("influxdb:2", "influxdb"),
        ("couchdb:3", "couchdb"),
    ],
)
def test_an_image_that_says_it(image: str, kind: str) -> None:
    assert RECOGNITION.datastore(workload(image=image)) == kind


@pytest.mark.parametrize(
    "image",
    [
        "debezium/connect:2.5",
        "provectuslabs/kafka-ui",
        "oliver006/redis_exporter",
        "quay.io/prometheuscommunity/postgres-exporter",
        "mongo-express",
        "dpage/pgadmin4",
        "danielqsj/kafka-exporter",
        "redis/redisinsight",
        "confluentinc/cp-schema-registry",
        "confluentinc/cp-kafka-connect",
        "opensearchproject/opensearch-dashboards",
        "minio/mc",
        "redpandadata/console",
        "example/orders",
        None,
    ],
)
def test_an_image_that_only_sounds_like_it(image: str | None) -> None:
    assert RECOGNITION.datastore(workload("shop", image, ports=(8080,))) is None


@pytest.mark.parametrize(
    ("unit", "kind"),
    [
        (workload("orders-db", "example/orders-mysql", ports=(3306,)), "mysql"),
        (workload("mongodb", "example/rs-mongodb"), "mongo"),
        (workload("orders-db", "example/seeded-mysql", env=("MYSQL_ROOT_PASSWORD",)), "mysql"),
        (workload("cache", "example/cache", ports=(6379,)), "redis"),
        (workload("postgres", None, ports=(5432,)), "postgres"),
        (workload("redis-reader", "example/redis-reader"), None),
        (workload("mysql", "example/app", ports=(8080,)), None),
        (workload("kafka-exporter", "example/x", ports=(9092,)), None),
        (workload("edge", "nginx", ports=(5432,)), None),
    ],
)
def test_two_things_must_agree(unit: Workload, kind: str | None) -> None:
    assert RECOGNITION.datastore(unit) == kind


def test_a_url_of_a_client_is_enough() -> None:
    unit = workload("carts-db", "example/seeded")

    assert RECOGNITION.datastore(unit, ["mongodb"]) == "mongo"
    assert RECOGNITION.datastore(unit, ["postgresql+asyncpg"]) == "postgres"
    assert RECOGNITION.datastore(unit, ["http"]) is None
    assert RECOGNITION.datastore(unit, ["mongodb", "mysql"]) is None


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        (("psql", "-h", "db"), None),
        (("sh", "-c", "until pg_isready -h db; do sleep 1; done; psql -f init.sql"), None),
        (("sh", "-c", "postgres & psql -f init.sql; wait"), "postgres"),
        (("-c", "max_connections=200"), "postgres"),
        (("postgres", "-c", "hba_file=/etc/psql"), "postgres"),
        (("/scripts/start.sh",), "postgres"),
    ],
)
def test_a_client_from_the_image_of_a_server(command: tuple[str, ...], kind: str | None) -> None:
    assert RECOGNITION.datastore(workload(image="postgres:16", command=command)) == kind


def test_jobs_are_no_datastores() -> None:
    assert RECOGNITION.datastore(workload(image="postgres:16", kind="job")) is None


@pytest.mark.parametrize(
    ("unit", "role"),
    [
        (workload("front", "nginx:1.27"), "gateway"),
        (workload("api-gateway", "example/x"), "gateway"),
        (workload("jaeger", "jaegertracing/all-in-one"), "infrastructure"),
        (workload("order-worker", "example/x"), "worker"),
        (workload("report", "example/x", kind="cronjob"), "worker"),
        (workload("orders", "example/x"), "core"),
    ],
)
def test_roles(unit: Workload, role: str) -> None:
    assert RECOGNITION.role(unit) == role


def test_image_names() -> None:
    assert image_path("registry.example.net:5000/a/b:1.2@sha256:00") == ("a", "b")
    assert image_path("redis:7") == ("redis",)
    assert image_path("a/b") == ("a", "b")


def test_a_person_extends_the_table(tmp_path: Path) -> None:
    table = tmp_path / "datastores.yaml"
    table.write_text("datastores: [{kind: memphis, images: [memphis], holds: topics}]\n", encoding="utf-8")

    assert Recognition(load_table(str(table))).datastore(workload(image="memphisdev/memphis:1")) == "memphis"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("datastores: [{kind: x, imagse: [y]}]\n", "imagse: is not a known field (did you mean 'images'?)"),
        ("datastores: [{kind: x,\n  ports: [ssh]}]\n", ":2: datastores[0].ports"),
        ("datastores: []\n", "datastores"),
        ("- a\n", "should be a mapping of fields"),
    ],
)
def test_a_table_that_is_wrong_says_where(tmp_path: Path, text: str, complaint: str) -> None:
    table = tmp_path / "datastores.yaml"
    table.write_text(text, encoding="utf-8")

    with pytest.raises(InputError) as caught:
        load_table(str(table))
    assert complaint in str(caught.value)


def test_no_word_of_the_table_is_claimed_twice() -> None:
    entries = load_table().datastores
    for field in ("images", "schemes", "ports", "words"):
        listed = [item for entry in entries for item in getattr(entry, field)]
        assert len(listed) == len(set(listed)), field
