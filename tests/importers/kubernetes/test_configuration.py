"""Variables, ConfigMaps, Secrets and mounted files: what a container is told, and what it depends on for it."""

import base64
from pathlib import Path

from tests.importers.kubernetes.conftest import Import
from tests.importers.kubernetes.helpers import doubts, edges, running, store, workload

DB = running("db", 5432, image="postgres:16")
REDIS = running("redis", 6379, image="redis:7")


def key(kind: str, name: str, key: str) -> dict[str, object]:
    return {f"{kind}KeyRef": {"name": name, "key": key}}


def test_values_from_config_maps_and_secrets(load: Import) -> None:
    env = {
        "DB_HOST": key("configMap", "settings", "host"),
        "DB_NAME": key("configMap", "settings", "name"),
        "REDIS_URL": key("secret", "keys", "redis"),
    }
    topology, _ = load(
        DB,
        REDIS,
        store("ConfigMap", "settings", {"host": "db", "name": "shop"}),
        store("Secret", "keys", {"redis": "redis://:hunter2@redis:6379/2"}),
        workload("web", env=env),
    )

    database, cache = topology.dependencies
    assert (database.server, database.database) == ("db", "shop")
    assert (cache.server, cache.logical_db) == ("redis", 2)
    assert cache.secret is not None
    assert (cache.secret.name, cache.secret.key) == ("keys", "redis")
    assert cache.evidence[0].field == "REDIS_URL (Secret keys, redis)"
    variables = {variable.name: variable for variable in topology.service["web"].containers[0].env}
    assert variables["DB_HOST"].value == "db"
    assert variables["DB_HOST"].config is not None
    assert variables["REDIS_URL"].value is None
    assert [key.name for key in topology.secrets[0].keys] == ["redis"]


def test_base64(load: Import) -> None:
    encoded = base64.b64encode(b"postgres://u:hunter2@db/shop").decode()
    secret = f"{{apiVersion: v1, kind: Secret, metadata: {{name: keys}}, data: {{url: {encoded}, broken: '%%%'}}}}\n"
    topology, report = load(DB, secret, workload("web", env={"URL": key("secret", "keys", "url")}))

    assert edges(topology) == {("web", "db")}
    assert "data.broken: Secret keys: this value is no text in base64" in doubts(report)


def test_everything_of_a_config_map_with_a_prefix(load: Import) -> None:
    topology, _ = load(
        DB,
        store("ConfigMap", "settings", {"HOST": "db", "NAME": "shop", "not a name": "x"}),
        workload("web", container={"envFrom": [{"prefix": "DB_", "configMapRef": {"name": "settings"}}]}),
    )

    (edge,) = topology.dependencies
    assert (edge.server, edge.database, edge.possible) == ("db", "shop", False)
    assert edge.evidence[0].field == "DB_HOST (ConfigMap settings, HOST)"
    assert edge.evidence[0].line is not None


def test_a_variable_overrides_what_comes_from_the_config_map(load: Import) -> None:
    topology, _ = load(
        DB,
        REDIS,
        store("ConfigMap", "settings", {"CACHE_URL": "redis://redis"}),
        workload("web", env={"CACHE_URL": "none"}, container={"envFrom": [{"configMapRef": {"name": "settings"}}]}),
    )

    assert edges(topology) == set()


def test_what_many_share_is_only_possible(load: Import) -> None:
    common = {"envFrom": [{"configMapRef": {"name": "common"}}]}
    units = [workload(name, image=f"example/{name}:1", container=common) for name in ("orders", "carts", "web")]
    topology, _ = load(
        DB,
        REDIS,
        store("ConfigMap", "common", {"ORDERS_DB_HOST": "db", "REDIS_HOST": "redis", "LOG_LEVEL": "info"}),
        *units,
    )

    assert edges(topology, possible=False) == {("orders", "db")}
    assert edges(topology, possible=True) == {
        ("orders", "redis"),
        ("carts", "db"),
        ("carts", "redis"),
        ("web", "db"),
        ("web", "redis"),
    }


def test_what_many_share_and_use_by_name_is_sure(load: Import) -> None:
    common = {"envFrom": [{"configMapRef": {"name": "common"}}]}
    own = {"REDIS_URL": "redis://redis"}
    units = [workload(name, image=f"example/{name}:1", container=common) for name in ("orders", "carts")]
    topology, _ = load(
        DB,
        REDIS,
        store("ConfigMap", "common", {"DB_HOST": "db", "REDIS_HOST": "redis"}),
        workload("web", env=own, container=common),
        *units,
    )

    assert edges(topology, possible=False) == {("web", "redis")}


def test_what_is_shared_for_one_server_is_sure(load: Import) -> None:
    common = {"envFrom": [{"secretRef": {"name": "db"}}]}
    units = [workload(name, image=f"example/{name}:1", container=common) for name in ("a", "b", "c", "d")]
    topology, _ = load(DB, store("Secret", "db", {"DB_HOST": "db", "DB_PASSWORD": "hunter2"}), *units)

    assert edges(topology, possible=False) == {(name, "db") for name in "abcd"}


def test_workloads_of_one_program_share_its_configuration(load: Import) -> None:
    common = {"envFrom": [{"configMapRef": {"name": "common"}}]}
    units = [workload(name, image=f"example/shop:{tag}", container=common) for tag, name in enumerate(("a", "b", "c"))]
    topology, _ = load(DB, REDIS, store("ConfigMap", "common", {"DB_HOST": "db", "REDIS_HOST": "redis"}), *units)

    assert len(edges(topology, possible=False)) == 6


def test_references_between_variables(load: Import) -> None:
    env = {
        "DB_PASSWORD": key("secret", "keys", "password"),
        "DB_HOST": "db",
        "DATABASE_URL": "postgres://app:$(DB_PASSWORD)@$(DB_HOST):5432/shop",
        "ESCAPED_URL": "http://$$(DB_HOST)/",
        "EARLY": "$(LATE)",
        "LATE": "http://redis:6379",
    }
    topology, _ = load(DB, REDIS, store("Secret", "keys", {"password": "hunter2!"}), workload("web", env=env))

    assert edges(topology) == {("web", "db"), ("web", "redis")}
    values = {variable.name: variable.value for variable in topology.service["web"].containers[0].env}
    assert values["EARLY"] == "$(LATE)"
    assert "hunter2" not in str(values)


def test_references_in_arguments(load: Import) -> None:
    topology, _ = load(
        DB,
        workload("migrate", env={"DB_HOST": "db"}, args=("-database", "postgres://u:p@$(DB_HOST)/shop", "up")),
    )

    (edge,) = topology.dependencies
    assert (edge.server, edge.database) == ("db", "shop")
    assert topology.service["migrate"].containers[0].command == ("-database", "postgres://***@$(DB_HOST)/shop", "up")


def test_init_containers_and_sidecars_count(load: Import) -> None:
    pod = {
        "initContainers": [
            {"name": "wait", "image": "busybox", "command": ["sh", "-c", "until nc -z db 5432; do sleep 1; done"]},
            {"name": "proxy", "image": "example/proxy", "restartPolicy": "Always", "args": ["--upstream=redis:6379"]},
        ]
    }
    topology, _ = load(DB, REDIS, workload("web", pod=pod))

    assert edges(topology) == {("web", "db"), ("web", "redis")}
    assert {item.name: item.kind for item in topology.service["web"].containers} == {
        "main": "main",
        "wait": "init",
        "proxy": "native-sidecar",
    }


def test_mounted_files(load: Import) -> None:
    files = """\
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: files}
    data:
      nginx.conf: |
        # proxy_pass http://redis:6379;
        upstream api { server api:8080; }
      other.conf: |
        http://db
    """
    pod = {
        "volumes": [
            {"name": "conf", "configMap": {"name": "files", "items": [{"key": "nginx.conf", "path": "n.conf"}]}}
        ]
    }
    mount = {"volumeMounts": [{"name": "conf", "mountPath": "/etc/nginx"}]}
    topology, _ = load(DB, REDIS, running("api"), workload("web", container=mount, pod=pod), files)

    (edge,) = topology.dependencies
    place = edge.evidence[0]
    assert (edge.client, edge.server, edge.port) == ("web", "api", 8080)
    lines = Path(place.file).read_text(encoding="utf-8").splitlines()
    assert "server api:8080" in lines[(place.line or 0) - 1]


def test_one_file_by_sub_path_and_projected_volumes(load: Import) -> None:
    pod = {
        "volumes": [
            {"name": "a", "configMap": {"name": "files"}},
            {"name": "b", "projected": {"sources": [{"secret": {"name": "keys"}}]}},
        ]
    }
    mounts = [
        {"name": "a", "mountPath": "/etc/app.yaml", "subPath": "app.yaml"},
        {"name": "b", "mountPath": "/run/keys"},
    ]
    topology, _ = load(
        DB,
        REDIS,
        running("api"),
        store("ConfigMap", "files", {"app.yaml": "redis:\n  url: redis://redis/1\n", "else.yaml": "url: http://api\n"}),
        store("Secret", "keys", {"pg.properties": "url=jdbc:postgresql://db:5432/shop\n"}),
        workload("web", container={"volumeMounts": mounts}, pod=pod),
    )

    found = {(edge.server, edge.database, edge.logical_db) for edge in topology.dependencies}
    assert found == {("redis", None, 1), ("db", "shop", None)}


def test_what_is_missing_is_told(load: Import) -> None:
    container = {"envFrom": [{"configMapRef": {"name": "absent"}}, {"secretRef": {"name": "maybe", "optional": True}}]}
    env = {"A": key("configMap", "settings", "nothing"), "B": key("secret", "none", "x")}
    _, report = load(store("ConfigMap", "settings", {"a": "b"}), workload("web", env=env, container=container))

    assert "ConfigMap settings has no key 'nothing'" in doubts(report)
    assert "Deployment web: ConfigMap 'absent' is not here" in doubts(report)
    assert "Secret 'none' is not here" in doubts(report)
    assert "maybe" not in doubts(report)


def test_companions_of_an_address(load: Import) -> None:
    env = {
        "ORDERS_DB_HOST": "db",
        "ORDERS_DB_PORT": "5432",
        "ORDERS_DB_NAME": "orders",
        "ORDERS_DB_SCHEMA": "public,audit",
        "ORDERS_DB_POOL_SIZE": "15",
        "REDIS_HOST": "redis",
        "REDIS_DB": "3",
        "REDIS_PASSWORD": "hunter2!",
    }
    topology, _ = load(DB, REDIS, workload("web", env=env))

    database, cache = topology.dependencies
    assert (database.database, database.schemas) == ("orders", ("audit", "public"))
    assert database.pool is not None
    assert database.pool.max == 15
    assert cache.logical_db == 3
    assert cache.pool is None


def test_topics_and_groups(load: Import) -> None:
    kafka = running("kafka", 9092, image="apache/kafka:3.8")
    producer = {"KAFKA_BROKERS": "kafka:9092", "ORDERS_PRODUCER_TOPIC": "orders", "AUDIT_OUTPUT_TOPIC": "audit"}
    consumer = {"KAFKA_BROKERS": "kafka:9092", "KAFKA_TOPICS": "orders,audit", "KAFKA_GROUP_ID": "reports"}
    topology, _ = load(kafka, workload("web", env=producer), workload("reports", env=consumer))

    assert [(edge.client, edge.mode, edge.topic, edge.group) for edge in topology.dependencies] == [
        ("reports", "consumes", "audit", "reports"),
        ("reports", "consumes", "orders", "reports"),
        ("web", "publishes", "audit", None),
        ("web", "publishes", "orders", None),
    ]
    store = topology.datastore["kafka"]
    assert [topic.name for topic in store.topics] == ["audit", "orders"]
    assert [(group.name, group.topics) for group in store.consumer_groups] == [("reports", ("audit", "orders"))]


def test_databases_of_a_server(load: Import) -> None:
    script = {"init.sql": "CREATE DATABASE orders;\ncreate database if not exists `carts`;\n-- CREATE ROLE x;\n"}
    pod = {"volumes": [{"name": "init", "configMap": {"name": "init"}}]}
    mount = {"volumeMounts": [{"name": "init", "mountPath": "/docker-entrypoint-initdb.d"}]}
    topology, _ = load(
        workload("db", image="postgres:16", ports=(5432,), env={"POSTGRES_DB": "main"}, container=mount, pod=pod),
        store("ConfigMap", "init", script),
        running("mongo", 27017, image="mongo:7"),
        workload("web", env={"MONGO_URL": "mongodb://mongo/catalog"}),
    )

    assert [item.name for item in topology.datastore["db"].databases] == ["carts", "main", "orders"]
    assert [item.name for item in topology.datastore["mongo"].databases] == ["catalog"]


def test_a_database_its_server_does_not_have_stays_visible(load: Import) -> None:
    topology, _ = load(
        running("db", 5432, image="postgres:16", env={"POSTGRES_DB": "shop"}),
        workload("web", env={"DATABASE_URL": "postgres://u:p@db/core"}),
    )

    assert [item.name for item in topology.datastore["db"].databases] == ["shop"]
    assert topology.dependencies[0].database == "core"
