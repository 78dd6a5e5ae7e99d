"""The JSON Schema that editors use."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from novaplan.topology.schema import json_schema

# Names that say what they hold, in every class that has them.
OBVIOUS = {
    "name", "description", "type", "optional", "cpu", "memory", "image", "namespace", "team", "framework", "version",
    "file", "line", "field", "host", "protocol", "resources", "requests", "limits", "storage", "storage_class",
    "topics", "services", "datastores", "externals", "dependencies", "routes", "secrets", "namespaces", "databases",
    "schemas", "tables", "foreign_keys", "consumer_groups", "logical_dbs", "containers", "ports", "flags", "volumes",
    "env", "codebases", "probes", "startup", "readiness", "liveness", "addresses", "aliases", "lines", "files", "size",
    "replicas", "autoscaling", "rollout", "disruption_budget", "spread", "termination", "resilience", "connections",
    "persistence", "deployment", "client", "server", "service", "topic", "user", "timeout", "retries",
    "circuit_breaker", "pool", "delay", "partitions", "retention", "purpose", "enabled", "provider", "reason", "format",
    "lineage", "declared", "evidence", "keys", "key", "value", "secret", "backends", "tls",
    # As Kubernetes, Redis, Patroni and Kafka name their settings.
    "workload", "kind", "api_version", "strategy", "max_surge", "max_unavailable", "min_available", "topology_key",
    "anti_affinity", "initial_delay", "period", "failure_threshold", "success_threshold", "min", "max", "cpu_percent",
    "memory_percent", "quorum", "sentinels", "sentinel_resources", "down_after", "failover_timeout", "parallel_syncs",
    "min_replicas_to_write", "min_replicas_max_lag", "ttl", "loop_wait", "retry_timeout", "brokers",
    "replication_factor", "min_insync_replicas", "auto_create_topics", "coordination", "mode", "instances",
    "max_client_connections", "idle_timeout", "acquire_timeout", "database", "tls_secret", "match", "weight", "grace",
    "members", "startup_tier", "owner", "table", "index", "unmodelled", "logical_db", "port", "pooler", "part", "fate",
    "source", "digest", "policy", "per_replica", "tier", "connect_timeout",
}  # fmt: skip


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return json_schema()


def definitions(schema: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {"Topology": schema, **schema["$defs"]}


def test_the_schema_is_valid_and_says_which_draft_it_is(schema: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_every_class_is_described(schema: dict[str, Any]) -> None:
    assert [name for name, definition in definitions(schema).items() if not definition.get("description")] == []


def test_every_field_is_described_or_has_an_obvious_name(schema: dict[str, Any]) -> None:
    wanting = [
        f"{name}.{field}"
        for name, definition in definitions(schema).items()
        for field, form in definition["properties"].items()
        if field not in OBVIOUS and not form.get("description")
    ]

    assert wanting == []


def test_descriptions_are_those_that_stand_below_the_fields(schema: dict[str, Any]) -> None:
    fields = schema["$defs"]["Dependency"]["properties"]

    assert fields["mode"]["description"] == "``writes`` includes reading."
    assert fields["possible"]["description"].startswith("Only possible: something shared names the server")


def test_unknown_fields_are_refused_everywhere(schema: dict[str, Any]) -> None:
    assert [name for name, form in definitions(schema).items() if form.get("additionalProperties") is not False] == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"services": [{"name": "api", "replica": 2}]},
        {"services": [{"name": "api", "replicas": -1}]},
        {"services": [{"name": "API"}]},
        {"datastores": [{"name": "db", "kind": "x", "deployment": {"type": "patron"}}]},
        {"routes": [{"path": "/", "backends": []}]},
        {"dependencies": [{"client": "api"}]},
    ],
)
def test_the_schema_refuses_what_loading_refuses(schema: dict[str, Any], wrong: dict[str, Any]) -> None:
    assert not jsonschema.Draft202012Validator(schema).is_valid({"format": "novaplan/topology/v1", **wrong})
