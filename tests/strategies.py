"""Hypothesis strategies for the model: every field of every class, with text that is legal and hostile.

``topologies()`` is the way in; the strategies of its parts stand alone too. Everything is built through the public
constructors, quantities in their written form, so what a strategy gives is what a file could hold.

A topology has hundreds of fields and most of them are rarely set, so each part sets a few of its optional fields and
leaves the rest (``sparse``). ``tests/topology/test_strategies.py`` holds that no field is forgotten.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

from hypothesis import strategies as st

from novaplan.quantity import format_bytes, format_millicores, format_milliseconds
from novaplan.topology.base import Model, Place, replace
from novaplan.topology.datastore import (
    Cluster,
    Connections,
    ConsumerGroup,
    Database,
    Datastore,
    Etcd,
    External,
    ForeignKey,
    Kafka,
    LogicalDB,
    Managed,
    MemoryPolicy,
    Patroni,
    Persistence,
    Pooler,
    Schema,
    Sentinel,
    Standalone,
    Topic,
)
from novaplan.topology.lineage import Heir, Lineage
from novaplan.topology.service import (
    Autoscaling,
    CircuitBreaker,
    Codebase,
    Compute,
    Container,
    DisruptionBudget,
    EnvVar,
    FeatureFlag,
    KeyRef,
    Port,
    Probe,
    Probes,
    Resilience,
    Resources,
    Retries,
    Rollout,
    Service,
    Spread,
    Startup,
    Termination,
    Volume,
)
from novaplan.topology.system import Topology
from novaplan.topology.wiring import (
    Backend,
    Dependency,
    Namespace,
    Pool,
    Route,
    Secret,
    SecretKey,
    Unmodelled,
)

M = TypeVar("M", bound=Model)

HOSTILE_TEXTS = (
    "yes", "no", "on", "y", "null", "~", "true", "0644", "0x1F", "1e3", "1_000", "12:30:45", "2020-01-01", ".inf", "",
    "---", "...", "- item", "--force", "-", "? key", "key: value", "key:", "# no comment", "text # no comment", "!tag",
    "&anchor", "*alias", "|", ">-", "%TAG", "@at", "{a: b}", "[a, b]", "{{ template }}", "${VARIABLE}", "$(id)", "`id`",
    "it's", 'say "hi"', "back\\slash", "\\n", "<script>alert(1)</script>", "</td>", "a | b", "&amp;", "]]>", "%s {0}",
    "'; DROP TABLE users; --", " leading", "trailing ", "two\nlines", "\nfirst empty", "ends\n", "tab\there",
    "\x1b[31m", "\x85", "\u2028", "\u202ertl", "\ufeffbom", "é", "日本語", "🚀 go",
    "../../etc/passwd", "C:\\temp", "a" * 300,
)  # fmt: skip
HOSTILE_LABELS = tuple(text for text in HOSTILE_TEXTS if text and text.isprintable() and " " not in text)[:-1]
HOSTILE_NAMES = ("a", "0", "yes", "null", "on", "true", "1e3", "0x1f", "0644", "2020-01-01", "9-9", "a" * 63, "api-v2")


# ---------------------------------------------------------------- plain values

TEXT_CHARACTERS = st.characters(codec="utf-8", exclude_characters="\0")
LABEL_CHARACTERS = st.characters(codec="utf-8", exclude_categories=("Cc", "Cf", "Cs", "Zs", "Zl", "Zp"))


@cache
def texts() -> st.SearchStrategy[str]:
    """Free text: descriptions, values, images."""
    return st.sampled_from(HOSTILE_TEXTS) | st.text(TEXT_CHARACTERS, max_size=12)


@cache
def labels() -> st.SearchStrategy[str]:
    """What servers call their things: databases, topics, variables."""
    return st.sampled_from(("orders", "Orders.v1", *HOSTILE_LABELS)) | st.text(LABEL_CHARACTERS, min_size=1, max_size=8)


@cache
def names() -> st.SearchStrategy[str]:
    """What Kubernetes takes as the name of anything."""
    tidy = st.from_regex(r"[a-z][a-z0-9]{0,4}(-[a-z0-9]{1,3})?", fullmatch=True)
    return tidy | st.sampled_from(HOSTILE_NAMES)


@cache
def host_names() -> st.SearchStrategy[str]:
    """Names with dots, as externals and secrets have."""
    return names() | st.sampled_from(("api.push.example", "a.b", "10.0.0.1", "smtp.example.org", "1.5"))


@cache
def millicores() -> st.SearchStrategy[str | int | float]:
    """CPU as files write it."""
    return st.sampled_from(("500m", 2, 0.25, "1.5", "1e3", "0", "1500000u")) | st.integers(0, 10**9).map(
        format_millicores
    )


@cache
def sizes() -> st.SearchStrategy[str | int]:
    """Memory or storage as files write it."""
    return st.sampled_from(("512Mi", "1G", 1024, "1.5Gi", "0", "7E", "128974848000m")) | st.integers(0, 2**63 - 1).map(
        format_bytes
    )


@cache
def durations() -> st.SearchStrategy[str | int]:
    """Durations as files write them."""
    return st.sampled_from(("30s", "1m30s", "250ms", "1.5h", 0, "7d", "5us")) | st.integers(0, 10**9).map(
        format_milliseconds
    )


def counts(least: int = 0, most: int = 1000) -> st.SearchStrategy[int]:
    return st.integers(least, most)


@cache
def port_numbers() -> st.SearchStrategy[int]:
    return st.integers(1, 65535)


@cache
def counts_or_percents() -> st.SearchStrategy[int | str]:
    return st.integers(0, 20) | st.integers(0, 100).map("{}%".format)


def tuples(items: st.SearchStrategy[Any], most: int = 2) -> st.SearchStrategy[tuple[Any, ...]]:
    """A few of something, never none: what is absent is not drawn at all."""
    return st.lists(items, min_size=1, max_size=most).map(tuple)


def distinct(items: st.SearchStrategy[M], most: int = 2) -> st.SearchStrategy[tuple[M, ...]]:
    """A few parts with names of their own."""
    return st.lists(items, min_size=1, max_size=most, unique_by=lambda item: item.name).map(tuple)  # type: ignore[attr-defined]


@cache
def _some_of(choices: tuple[str, ...], most: int) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(choices), unique=True, max_size=most)


@st.composite
def sparse(
    draw: st.DrawFn, model: type[M], fields: Mapping[str, st.SearchStrategy[Any]], most: int = 0, **fixed: Any
) -> M:
    """A ``model`` with some of the optional ``fields`` set (``most``; else half of them) and the others left alone."""
    chosen = draw(_some_of(tuple(fields), most or len(fields) // 2 + 1))
    return model(**fixed, **{name: draw(fields[name]) for name in fields if name in chosen})


def within(namespaces: Sequence[str]) -> st.SearchStrategy[str | None]:
    """One of the namespaces, or none."""
    return st.sampled_from((None, *namespaces))


@cache
def places() -> st.SearchStrategy[tuple[Place, ...]]:
    return tuples(st.builds(Place, file=texts(), line=st.none() | counts(1), field=st.none() | texts()), 2)


# ---------------------------------------------------------------- parts of services


@cache
def computes() -> st.SearchStrategy[Compute]:
    return st.builds(Compute, cpu=st.none() | millicores(), memory=st.none() | sizes())


@cache
def resources() -> st.SearchStrategy[Resources]:
    return st.builds(Resources, requests=computes(), limits=computes())


@cache
def probes() -> st.SearchStrategy[Probe]:
    fields = {
        "type": st.sampled_from(("tcp", "exec", "grpc")),
        "path": texts(),
        "port": labels() | port_numbers(),
        "command": tuples(texts()),
        "initial_delay": durations(),
        "period": durations(),
        "timeout": durations(),
        "failure_threshold": counts(1),
        "success_threshold": counts(1),
    }
    return sparse(Probe, fields, most=7)


@cache
def key_refs() -> st.SearchStrategy[KeyRef]:
    return st.builds(KeyRef, name=labels(), key=labels(), optional=st.booleans())


@cache
@st.composite
def env_vars(draw: st.DrawFn) -> EnvVar:
    """A variable in one of the forms it can have: bare, a value, a secret, a ConfigMap key, a field of the pod."""
    forms: dict[str, dict[str, st.SearchStrategy[Any]]] = {
        "value": {"value": texts()},
        "bare": {},
        "secret": {"secret": key_refs()},
        "config": {"config": key_refs(), "value": st.none() | texts()},
        "field": {"field": st.sampled_from(("metadata.name", "status.podIP")) | texts()},
    }
    form = forms[draw(st.sampled_from(sorted(forms)))]
    return EnvVar(name=draw(labels()), **{field: draw(value) for field, value in form.items()})


@cache
@st.composite
def containers(draw: st.DrawFn) -> tuple[Container, ...]:
    """The containers of one service: at most one main one, and helpers of every kind."""
    own_names = draw(st.lists(names(), min_size=1, max_size=3, unique=True))
    fields = {
        "image": texts(),
        "command": tuples(texts()),
        "resources": resources(),
        "probes": sparse(Probes, dict.fromkeys(("startup", "readiness", "liveness"), probes())),
        "env": distinct(env_vars(), 3),
    }
    helpers = st.sampled_from(("sidecar", "init", "native-sidecar"))
    kinds = [draw(st.sampled_from(("main", "sidecar"))), *(draw(helpers) for _ in own_names[1:])]
    return tuple(
        draw(sparse(Container, fields, name=name, kind=kind)) for name, kind in zip(own_names, kinds, strict=True)
    )


PROTOCOLS = ("http", "https", "grpc", "websocket", "rtmp", "tcp", "udp", "metrics")


@cache
@st.composite
def ports(draw: st.DrawFn) -> tuple[Port, ...]:
    """The ports of one service; one number serves TCP once and UDP once."""
    own_names = draw(st.lists(names(), min_size=1, max_size=3, unique=True))
    found: list[Port] = []
    fields = {"target": port_numbers(), "protocol": st.sampled_from(PROTOCOLS), "published": port_numbers()}
    for name in own_names:
        port = draw(sparse(Port, fields, name=name, port=draw(port_numbers())))
        sockets = {(other.listens_on, other.protocol == "udp") for other in found}
        if (port.listens_on, port.protocol == "udp") not in sockets:
            found.append(port)
    return tuple(found)


@cache
@st.composite
def autoscalings(draw: st.DrawFn) -> Autoscaling:
    low = draw(counts(1, 50))
    fields = {"cpu_percent": counts(1, 300), "memory_percent": counts(1, 300)}
    return draw(sparse(Autoscaling, fields, min=low, max=low + draw(counts(0, 50))))


@cache
def disruption_budgets() -> st.SearchStrategy[DisruptionBudget]:
    return st.builds(DisruptionBudget, min_available=counts_or_percents()) | st.builds(
        DisruptionBudget, max_unavailable=counts_or_percents()
    )


@cache
def rollouts() -> st.SearchStrategy[Rollout]:
    fields = {
        "strategy": st.just("recreate"),
        "max_surge": counts_or_percents(),
        "max_unavailable": counts_or_percents(),
    }
    return sparse(Rollout, fields)


@cache
def spreads() -> st.SearchStrategy[Spread]:
    return st.builds(Spread, anti_affinity=st.sampled_from(("none", "preferred", "required")), topology_key=texts())


@cache
def circuit_breakers() -> st.SearchStrategy[CircuitBreaker]:
    fields = {"failure_percent": counts(0, 100), "success_threshold": counts(1), "open_for": durations()}
    return sparse(CircuitBreaker, fields)


@cache
def retries() -> st.SearchStrategy[Retries]:
    return st.builds(Retries, max=counts(0, 10), delay=st.none() | durations())


@cache
def resiliences() -> st.SearchStrategy[Resilience]:
    fields = {
        "timeout": durations(),
        "connect_timeout": durations(),
        "circuit_breaker": circuit_breakers(),
        "retries": retries(),
        "connection_pool": counts(),
        "queue": counts(),
    }
    return sparse(Resilience, fields)


@cache
@st.composite
def terminations(draw: st.DrawFn) -> Termination:
    grace = draw(counts(0, 600_000))
    pre_stop = draw(st.integers(0, grace))
    drain = draw(st.none() | durations())
    return Termination(grace=format_milliseconds(grace), pre_stop=format_milliseconds(pre_stop), drain=drain)


@cache
def service_fields() -> dict[str, st.SearchStrategy[Any]]:
    """The optional fields of a service but ``namespace`` and ``startup``, which depend on others."""
    volume_fields = {"size": sizes(), "per_replica": st.just(True)}
    return {
        "description": texts(),
        "team": texts(),
        "workload": st.sampled_from(("statefulset", "daemonset", "job", "cronjob", "replicaset", "pod")),
        "role": st.sampled_from(("wrapper", "gateway", "worker", "infrastructure")),
        "language": texts(),
        "framework": texts(),
        "codebases": distinct(
            st.builds(Codebase, name=labels(), lines=st.none() | counts(), files=st.none() | counts(), build=texts())
        ),
        "optional": st.just(True),
        "replicas": counts(0, 50),
        "processes": counts(1, 8),
        "autoscaling": autoscalings(),
        "rollout": rollouts(),
        "disruption_budget": disruption_budgets(),
        "spread": spreads(),
        "termination": terminations(),
        "resilience": resiliences(),
        "flags": distinct(st.builds(FeatureFlag, name=labels(), enabled=st.booleans(), description=texts())),
        "ports": ports(),
        "containers": containers(),
        "volumes": distinct(names().flatmap(lambda name: sparse(Volume, volume_fields, name=name))),
        "aliases": tuples(labels()),
        "declared": places(),
    }


@st.composite
def services(draw: st.DrawFn, name: str | None = None, **fixed: Any) -> Service:
    """A service; ``fixed`` fields are as given."""
    fields = {key: value for key, value in service_fields().items() if key not in fixed}
    return draw(sparse(Service, fields, name=draw(names()) if name is None else name, **fixed))


# ---------------------------------------------------------------- datastores


@cache
@st.composite
def sentinels(draw: st.DrawFn) -> Sentinel:
    total = draw(counts(1, 7))
    fields = {
        "placement": st.just("separate"),
        "sentinel_resources": resources(),
        "down_after": durations(),
        "failover_timeout": durations(),
        "parallel_syncs": counts(1, 5),
        "min_replicas_to_write": counts(0, 5),
        "min_replicas_max_lag": durations(),
    }
    fixed = {"members": draw(counts(1, 7)), "sentinels": total, "quorum": draw(counts(1, total))}
    return draw(sparse(Sentinel, fields, most=7, type="sentinel", **fixed))


@cache
def patronis() -> st.SearchStrategy[Patroni]:
    etcd = st.builds(Etcd, members=counts(1, 7), resources=resources(), storage=st.none() | sizes())
    fields = {
        "ttl": durations(),
        "loop_wait": durations(),
        "retry_timeout": durations(),
        "synchronous": st.just(True),
        "slots": st.just(False),
        "failsafe": st.just(True),
        "proxy_resources": resources(),
    }
    return st.tuples(counts(1, 7), st.none() | etcd).flatmap(
        lambda pair: sparse(Patroni, fields, most=7, type="patroni", members=pair[0], etcd=pair[1])
    )


@cache
def kafkas() -> st.SearchStrategy[Kafka]:
    fields = {
        "coordination": st.just("zookeeper"),
        "replication_factor": counts(1, 7),
        "min_insync_replicas": counts(1, 7),
        "auto_create_topics": st.just(False),
    }
    return counts(1, 7).flatmap(lambda brokers: sparse(Kafka, fields, most=4, type="kafka", brokers=brokers))


@cache
def deployments() -> st.SearchStrategy[Model]:
    """Each way a datastore can be deployed."""
    return st.one_of(
        st.just(Standalone()),
        sentinels(),
        patronis(),
        kafkas(),
        st.builds(Cluster, type=st.just("cluster"), members=counts(1, 9), failover=st.booleans()),
        st.builds(Managed, type=st.just("managed"), provider=st.none() | texts()),
    )


@cache
def connections() -> st.SearchStrategy[Connections]:
    pooler = st.builds(
        Pooler,
        mode=st.sampled_from(("transaction", "session", "statement")),
        instances=counts(1, 5),
        pool_size=counts(1),
        max_client_connections=st.none() | counts(1),
        resources=resources(),
    )
    return sparse(Connections, {"max": counts(1), "reserved": counts(), "pooler": pooler})


@cache
def databases() -> st.SearchStrategy[tuple[Database, ...]]:
    schema_fields = {
        "tables": tuples(labels(), 3),
        "foreign_keys": tuples(st.builds(ForeignKey, table=labels(), to=labels()), 3),
    }
    schema = labels().flatmap(lambda name: sparse(Schema, schema_fields, name=name))
    fields = {"schemas": distinct(schema, 3), "description": texts()}
    return distinct(labels().flatmap(lambda name: sparse(Database, fields, name=name)), 2)


@cache
def logical_dbs() -> st.SearchStrategy[tuple[LogicalDB, ...]]:
    fields = {"purpose": texts(), "durable": st.just(True)}
    one = counts(0, 15).flatmap(lambda index: sparse(LogicalDB, fields, index=index))
    return st.lists(one, min_size=1, max_size=3, unique_by=lambda item: item.index).map(tuple)


@cache
def topics() -> st.SearchStrategy[tuple[Topic, ...]]:
    fields = {"partitions": counts(1), "retention": durations(), "description": texts()}
    return distinct(labels().flatmap(lambda name: sparse(Topic, fields, name=name)), 3)


@cache
def consumer_groups() -> st.SearchStrategy[tuple[ConsumerGroup, ...]]:
    fields = {"topics": tuples(labels()), "handler": labels()}
    return distinct(labels().flatmap(lambda name: sparse(ConsumerGroup, fields, name=name)), 3)


DATASTORE_KINDS = ("postgres", "redis", "kafka", "mysql", "rabbitmq", "elasticsearch")


@cache
def datastore_fields() -> dict[str, st.SearchStrategy[Any]]:
    """The optional fields of a datastore but ``namespace``, ``deployment`` and what it holds."""
    return {
        "description": texts(),
        "version": texts(),
        "image": texts(),
        "port": port_numbers(),
        "resources": resources(),
        "storage": sizes(),
        "storage_class": names(),
        "connections": connections(),
        "memory": st.builds(MemoryPolicy, max=st.none() | sizes(), eviction=st.none() | labels()),
        "probes": sparse(Probes, dict.fromkeys(("startup", "readiness", "liveness"), probes())),
        "persistence": st.builds(Persistence, snapshots=st.booleans(), append_only=st.booleans()),
        "disruption_budget": disruption_budgets(),
        "spread": spreads(),
        "startup_tier": st.just(0),
        "optional": st.just(True),
        "env": distinct(env_vars(), 2),
        "aliases": tuples(labels()),
        "declared": places(),
    }


@st.composite
def datastores(draw: st.DrawFn, name: str | None = None, owners: Sequence[str] = (), **fixed: Any) -> Datastore:
    """A datastore; what it holds may belong to ``owners``, which are services."""
    own_name = draw(names()) if name is None else name
    kind = draw(st.sampled_from(DATASTORE_KINDS) | labels())
    fixed = {"deployment": draw(deployments()), **draw(_held()), **fixed}
    store = draw(sparse(Datastore, datastore_fields(), name=own_name, kind=kind, **fixed))
    return draw(_owned(store, owners)) if owners else store


@cache
def _held() -> st.SearchStrategy[dict[str, Any]]:
    """What a datastore holds: the contents of a database, a memory store or a broker, or of all three."""
    contents = {
        "databases": databases(),
        "logical_dbs": logical_dbs(),
        "topics": topics(),
        "consumer_groups": consumer_groups(),
    }
    kinds = (("databases",), ("logical_dbs",), ("topics", "consumer_groups"), (), tuple(contents))
    return st.sampled_from(kinds).flatmap(lambda kind: st.fixed_dictionaries({name: contents[name] for name in kind}))


@st.composite
def _owned(draw: st.DrawFn, store: Datastore, owners: Sequence[str]) -> Datastore:
    """``store`` with some of its schemas, databases and logical DBs given to services."""
    owner = st.sampled_from((None, *owners))
    several = st.lists(st.sampled_from(owners), max_size=2, unique=True).map(sorted).map(tuple)
    owned = [
        replace(
            database,
            owner=draw(owner),
            schemas=tuple(replace(schema, owner=draw(owner)) for schema in database.schemas),
        )
        for database in store.databases
    ]
    numbered = [replace(item, owners=draw(several)) for item in store.logical_dbs]
    return replace(store, databases=tuple(owned), logical_dbs=tuple(numbered))


@cache
def external_fields() -> dict[str, st.SearchStrategy[Any]]:
    return {
        "kind": st.sampled_from(("push", "smtp", "turn", "object-storage")) | labels(),
        "description": texts(),
        "addresses": tuples(labels()),
        "optional": st.just(True),
        "declared": places(),
    }


@st.composite
def externals(draw: st.DrawFn, name: str | None = None) -> External:
    return draw(sparse(External, external_fields(), name=draw(host_names()) if name is None else name))


# ---------------------------------------------------------------- what connects them


@cache
def dependency_fields() -> dict[str, st.SearchStrategy[Any]]:
    """The optional fields of a dependency but those that name a part of its server."""
    pool_fields = dict.fromkeys(("idle_timeout", "max_lifetime", "acquire_timeout"), durations())
    return {
        "mode": st.sampled_from(("reads", "writes", "publishes", "consumes")),
        "key_prefixes": tuples(labels()),
        "handler": labels(),
        "port": port_numbers(),
        "protocol": st.sampled_from(PROTOCOLS),
        "user": labels(),
        "pool": counts(1).flatmap(lambda most: sparse(Pool, pool_fields, max=most)),
        "timeout": durations(),
        "retries": retries(),
        "circuit_breaker": circuit_breakers(),
        "secret": key_refs(),
        "optional": st.just(True),
        "possible": st.just(True),
        "evidence": places(),
    }


@st.composite
def dependencies(draw: st.DrawFn, clients: Sequence[str], servers: Sequence[Any]) -> Dependency:
    """An edge from one of ``clients`` to one of ``servers`` (models), which uses what that server holds."""
    client = draw(st.sampled_from(clients))
    server = draw(st.sampled_from([item for item in servers if item.name != client]))
    used = draw(_used(server))
    return draw(sparse(Dependency, dependency_fields(), most=4, client=client, server=server.name, **used))


@st.composite
def _used(draw: st.DrawFn, server: Any) -> dict[str, Any]:
    """What a client uses of a datastore: one of its databases with schemas, or a logical DB, or a topic and a group."""
    if not isinstance(server, Datastore):
        return {}
    uses: list[dict[str, Any]] = [{}]
    for database in server.databases:
        uses.append({"database": database.name, "schemas": tuple(schema.name for schema in database.schemas)})
    uses += [{"logical_db": item.index} for item in server.logical_dbs]
    for topic in server.topics:
        uses.append({"topic": topic.name})
        uses += [{"topic": topic.name, "group": group.name} for group in server.consumer_groups]
    return draw(st.sampled_from(uses))


@st.composite
def backends(draw: st.DrawFn, targets: Sequence[Service]) -> tuple[Backend, ...]:
    """Who answers a route; the shares add up to 100."""
    chosen = draw(st.lists(st.sampled_from(targets), min_size=1, max_size=3, unique_by=lambda item: item.name))
    cuts = sorted(draw(st.lists(st.integers(0, 100), min_size=len(chosen) - 1, max_size=len(chosen) - 1)))
    weights = [after - before for before, after in zip([0, *cuts], [*cuts, 100], strict=True)]
    found = []
    for service, weight in zip(chosen, weights, strict=True):
        own = [port.name for port in service.ports]
        port = draw(st.sampled_from(own) if own else st.just("http"))
        found.append(Backend(service=service.name, port=port, weight=weight))
    return tuple(found)


@cache
def route_fields() -> dict[str, st.SearchStrategy[Any]]:
    """The optional fields of a route but ``via``, which names a service, and ``path`` and ``listen``."""
    return {
        "host": st.sampled_from(("shop.example.org", "*.example.org", "localhost")),
        "match": st.sampled_from(("exact", "regex")),
        "protocol": st.sampled_from(PROTOCOLS),
        "tls": st.just(True),
        "tls_secret": labels(),
        "rewrite": texts(),
        "declared": places(),
    }


@st.composite
def routes(draw: st.DrawFn, targets: Sequence[Service]) -> Route:
    """A route of every form: by path or plain port, through a gateway service or not."""
    by_path = st.sampled_from(("/", "/api", "/api/v1/(.*)$", "/a%20b", "/é", '/"q"')) | labels().map("/{}".format)
    form = draw(st.sampled_from(("path", "listen", "both")))
    place: dict[str, Any] = {}
    if form != "listen":
        place["path"] = draw(by_path)
    if form != "path":
        place["listen"] = draw(port_numbers())
    via = draw(st.sampled_from((None, *(service.name for service in targets))))
    return draw(sparse(Route, route_fields(), backends=draw(backends(targets)), via=via, **place))


@cache
def secret_fields() -> dict[str, st.SearchStrategy[Any]]:
    key_fields = {"purpose": texts(), "opens": labels(), "optional": st.just(True)}
    key = labels().flatmap(lambda name: sparse(SecretKey, key_fields, name=name))
    return {
        "type": st.sampled_from(("kubernetes.io/tls",)) | texts(),
        "keys": distinct(key, 3),
        "optional": st.just(True),
        "declared": places(),
    }


@st.composite
def secrets(draw: st.DrawFn, namespaces: Sequence[str] = ()) -> Secret:
    """A secret by its names; there is no value to draw."""
    return draw(sparse(Secret, secret_fields(), name=draw(host_names()), namespace=draw(within(namespaces))))


@cache
def unmodelled_fields() -> dict[str, st.SearchStrategy[Any]]:
    return {"api_version": texts(), "declared": places()}


@st.composite
def unmodelled(draw: st.DrawFn, namespaces: Sequence[str] = ()) -> Unmodelled:
    """An object without a place in the model."""
    named = {"kind": draw(labels()), "name": draw(labels()), "namespace": draw(within(namespaces))}
    return draw(sparse(Unmodelled, unmodelled_fields(), **named))


@cache
def namespace_fields() -> dict[str, st.SearchStrategy[Any]]:
    return {"description": texts(), "declared": places()}


@cache
def lineages() -> st.SearchStrategy[Lineage]:
    addresses = st.tuples(st.sampled_from(("service", "port", "route")), texts()).map(":".join)
    fates = st.sampled_from(("kept", "absorbed", "moved", "internal", "retired"))
    fields = {"into": st.lists(addresses, max_size=2).map(tuple), "reason": texts()}
    heirs = st.tuples(addresses, fates).flatmap(lambda pair: sparse(Heir, fields, part=pair[0], fate=pair[1]))
    parts = st.lists(heirs, max_size=3, unique_by=lambda heir: heir.part).map(tuple)
    return st.builds(Lineage, source=texts(), digest=texts(), policy=texts(), parts=parts)


# ---------------------------------------------------------------- whole systems


@cache
def system_fields() -> dict[str, st.SearchStrategy[Any]]:
    named = texts().filter(bool).map(lambda text: text[:253])
    return {"name": named, "description": texts(), "lineage": lineages()}


@st.composite
def topologies(draw: st.DrawFn, max_services: int = 6, min_services: int = 1) -> Topology:
    """A consistent system of up to ``max_services`` services, with whatever belongs to one."""
    stores = draw(st.integers(0, 3))
    own_names = draw(_several_names(stores + min_services, stores + max_services))
    store_names, service_names = own_names[:stores], own_names[stores:]
    spaces = draw(_several_names(0, 2))
    held = [draw(datastores(name, service_names, namespace=draw(within(spaces)))) for name in store_names]
    running = draw(_started(service_names, store_names, spaces))
    outside = [item for item in draw(_outside()) if item.name not in own_names]
    connected = draw(_wired(running, held, outside, spaces))
    declared = tuple([draw(sparse(Namespace, namespace_fields(), name=name)) for name in spaces])
    parts = {"services": tuple(running), "datastores": tuple(held), "externals": tuple(outside), **connected}
    return draw(sparse(Topology, system_fields(), namespaces=declared, **parts))


@cache
def _several_names(least: int, most: int) -> st.SearchStrategy[list[str]]:
    return st.lists(names(), unique=True, min_size=least, max_size=most)


@cache
def _outside() -> st.SearchStrategy[list[External]]:
    return st.lists(externals(), max_size=2, unique_by=lambda item: item.name)


@st.composite
def _started(
    draw: st.DrawFn, service_names: Sequence[str], store_names: Sequence[str], spaces: Sequence[str]
) -> list[Service]:
    """Services that wait only for what starts no later than they do."""
    tiers = sorted(draw(counts(0, 3)) for _ in service_names)
    found: list[Service] = []
    for position, name in enumerate(service_names):
        before = [*store_names, *service_names[:position]]
        fields: dict[str, st.SearchStrategy[Any]] = {"tier": st.just(tiers[position])}
        if before:
            fields["wait_for"] = st.lists(st.sampled_from(before), min_size=1, max_size=2, unique=True).map(tuple)
        startup = draw(sparse(Startup, fields))
        found.append(draw(services(name, startup=startup, namespace=draw(within(spaces)))))
    return found


@st.composite
def _wired(
    draw: st.DrawFn,
    running: Sequence[Service],
    held: Sequence[Datastore],
    outside: Sequence[External],
    spaces: Sequence[str],
) -> dict[str, Any]:
    """The collections that refer to services, datastores and externals, or to namespaces."""
    clients = [item.name for item in (*running, *held)]
    servers = [*running, *held, *outside]
    found: dict[str, Any] = {
        "secrets": st.lists(secrets(spaces), max_size=2, unique_by=lambda item: (item.namespace, item.name)),
        "unmodelled": st.lists(
            unmodelled(spaces), max_size=2, unique_by=lambda item: (item.kind, item.namespace, item.name)
        ),
    }
    if clients and len(servers) > 1:
        edges = dependencies(clients, servers)
        found["dependencies"] = st.lists(edges, max_size=2 * len(clients), unique_by=lambda edge: edge.key)
    if running:
        found["routes"] = st.lists(routes(running), max_size=3, unique_by=lambda route: route.key)
    return {name: tuple(draw(items)) for name, items in found.items()}
