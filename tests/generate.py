"""Big systems for benchmarks and for tests of scale: deterministic, consistent, and shaped as real ones are.

Teams own a handful of services each, in one language and one namespace. Most services have a database of their own on a
server they share with others, some a logical DB of a Redis, some publish or consume; the rest of the edges are calls.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import pairwise

from novaplan.topology.datastore import (
    Connections,
    ConsumerGroup,
    Database,
    Datastore,
    External,
    LogicalDB,
    Schema,
    Topic,
)
from novaplan.topology.service import (
    Autoscaling,
    Codebase,
    Compute,
    Container,
    EnvVar,
    FeatureFlag,
    KeyRef,
    Port,
    Probe,
    Probes,
    Resources,
    Service,
    Startup,
)
from novaplan.topology.system import Topology
from novaplan.topology.wiring import Backend, Dependency, Namespace, Pool, Route, Secret, SecretKey

TEAM = 10  # services of one team
SPACE = 50  # services of one namespace
PER_POSTGRES = 25
PER_REDIS = 16  # a Redis has 16 logical DBs
PER_KAFKA = 250

_LANGUAGES = (("python", "fastapi"), ("go", "gin"), ("java", "spring"), ("typescript", "nest"))
_NOUNS = ("orders", "billing", "search", "media", "chat", "users", "stock", "mail", "audit", "prices")
_CPU = ("50m", "100m", "250m", "500m", "1")
_MEMORY = ("64Mi", "128Mi", "256Mi", "512Mi", "1Gi")


def system(services: int = 5000, dependencies: int = 40_000, seed: int = 1) -> Topology:
    """A system of that many services and dependencies; the same arguments always give the same system.

    Raises ``ValueError`` when so few services cannot have so many dependencies.
    """
    rng = random.Random(seed)
    names = [f"{_NOUNS[index % len(_NOUNS)]}-{index // len(_NOUNS)}" for index in range(services)]
    return Topology(
        name=f"generated-{services}",
        description=f"{services} services and {dependencies} dependencies from seed {seed}",
        namespaces=tuple(Namespace(name=_space(index)) for index in range(0, services, SPACE)),
        services=tuple(_service(rng, index, name) for index, name in enumerate(names)),
        datastores=(*_postgres(names), *_redis(names), *_kafka(names)),
        externals=(External(name="smtp.example.org", kind="smtp"), External(name="push.example.org", kind="push")),
        dependencies=_dependencies(rng, names, dependencies),
        routes=tuple(_route(index, name) for index, name in enumerate(names) if index % 3 == 0),
        secrets=tuple(_secret(index, name) for index, name in enumerate(names)),
    )


def groups(topology: Topology, into: int) -> list[list[str]]:
    """The services of ``topology`` in ``into`` groups of nearly one size, neighbours of one team together."""
    if not 1 <= into <= max(1, len(topology.services)):
        raise ValueError(f"{len(topology.services)} services cannot become {into}")
    ordered = sorted(topology.services, key=lambda service: (service.namespace or "", service.team or "", service.name))
    names = [service.name for service in ordered]
    cuts = [len(names) * group // into for group in range(into + 1)]
    return [names[start:end] for start, end in pairwise(cuts)]


def _space(index: int) -> str:
    return f"area-{index // SPACE:04}"


def _team(index: int) -> str:
    return f"team-{index // TEAM:04}"


def _service(rng: random.Random, index: int, name: str) -> Service:
    language, framework = _LANGUAGES[index // SPACE % len(_LANGUAGES)]
    return Service(
        name=name,
        description=f"The {name} service",
        namespace=_space(index),
        team=_team(index),
        role="worker" if index % 7 == 6 else "core",
        language=language,
        framework=framework,
        codebases=(Codebase(name=f"repo-{name}", lines=rng.randrange(500, 50_000), files=rng.randrange(5, 500)),),
        replicas=rng.randint(1, 4),
        autoscaling=Autoscaling(min=1, max=rng.randint(4, 10), cpu_percent=70) if index % 2 else None,
        startup=Startup(tier=1 + index % 3, wait_for=(_store("postgres", index, PER_POSTGRES),)),
        flags=(FeatureFlag(name=f"{name}-beta", enabled=bool(rng.getrandbits(1))),) if index % 5 == 0 else (),
        ports=(
            Port(name="http", port=8000 + index % SPACE),
            Port(name="metrics", port=9100 + index % SPACE, protocol="metrics"),
        ),
        containers=(_container(rng, index, name),),
    )


def _container(rng: random.Random, index: int, name: str) -> Container:
    size = rng.randrange(len(_CPU) - 1)
    return Container(
        name=name,
        image=f"registry.example/{name}:1.{index}",
        resources=Resources(
            requests=Compute(cpu=_CPU[size], memory=_MEMORY[size]),
            limits=Compute(cpu=_CPU[size + 1], memory=_MEMORY[size + 1]),
        ),
        probes=Probes(
            readiness=Probe(path="/ready", port="http", period="5s"), liveness=Probe(path="/live", port="http")
        ),
        env=(
            EnvVar(name=f"{_variable(name)}_DATABASE_URL", secret=KeyRef(name=f"{name}-secrets", key="database-url")),
            EnvVar(name=f"{_variable(name)}_LOG_LEVEL", value="info"),
            EnvVar(name="POD_NAME", field="metadata.name"),
        ),
    )


def _variable(name: str) -> str:
    return name.upper().replace("-", "_")


def _store(kind: str, index: int, per_store: int) -> str:
    return f"{kind}-{index // per_store}"


def _batches(names: Sequence[str], size: int) -> Iterator[tuple[int, Sequence[str]]]:
    for start in range(0, len(names), size):
        yield start, names[start : start + size]


def _postgres(names: Sequence[str]) -> Iterator[Datastore]:
    for start, users in _batches(names, PER_POSTGRES):
        yield Datastore(
            name=_store("postgres", start, PER_POSTGRES),
            kind="postgres",
            namespace=_space(start),
            version="16",
            port=5432,
            storage="50Gi",
            resources=Resources(requests=Compute(cpu="1", memory="2Gi"), limits=Compute(cpu="2", memory="4Gi")),
            connections=Connections(max=1000, reserved=3),
            startup_tier=0,
            databases=tuple(
                Database(name=name, owner=name, schemas=(Schema(name="public", owner=name),)) for name in users
            ),
        )


def _redis(names: Sequence[str]) -> Iterator[Datastore]:
    users = names[::3]
    for start, owners in _batches(users, PER_REDIS):
        yield Datastore(
            name=_store("redis", start, PER_REDIS),
            kind="redis",
            namespace=_space(start * 3),
            version="7",
            port=6379,
            startup_tier=0,
            logical_dbs=tuple(LogicalDB(index=number, owners=(name,)) for number, name in enumerate(owners)),
        )


def _kafka(names: Sequence[str]) -> Iterator[Datastore]:
    for start, users in _batches(names, PER_KAFKA):
        topics = users[::5]
        yield Datastore(
            name=_store("kafka", start, PER_KAFKA),
            kind="kafka",
            namespace=_space(start),
            port=9092,
            startup_tier=0,
            topics=tuple(Topic(name=f"{name}.events", partitions=6, retention="7d") for name in topics),
            consumer_groups=tuple(
                ConsumerGroup(name=f"{name}-group", topics=(f"{topics[0]}.events",)) for name in users[1::5]
            ),
        )


def _dependencies(rng: random.Random, names: Sequence[str], wanted: int) -> tuple[Dependency, ...]:
    """What services keep their state in comes first, then calls, until there are enough."""
    edges = [edge for index, name in enumerate(names) for edge in _state(index, name, names)][:wanted]
    count = len(names)
    if wanted - len(edges) > count * (count - 1):
        raise ValueError(f"{count} services cannot have {wanted} dependencies")
    calls: dict[tuple[int, int], None] = {}
    while len(edges) + len(calls) < wanted:
        client = rng.randrange(count)
        # Most calls stay near: services call their neighbours more than strangers.
        server = (client + rng.randint(1, SPACE)) % count if rng.random() < 0.7 else rng.randrange(count)
        if client != server:
            calls[client, server] = None
    edges += [
        Dependency(client=names[client], server=names[server], timeout="2s", protocol="http")
        for client, server in calls
    ]
    return tuple(edges)


def _state(index: int, name: str, names: Sequence[str]) -> Iterator[Dependency]:
    yield Dependency(
        client=name,
        server=_store("postgres", index, PER_POSTGRES),
        mode="writes",
        database=name,
        schemas=("public",),
        pool=Pool(max=10),
        secret=KeyRef(name=f"{name}-secrets", key="database-url"),
    )
    if index % 3 == 0:
        number, place = divmod(index // 3, PER_REDIS)
        yield Dependency(client=name, server=f"redis-{number}", mode="writes", logical_db=place)
    kafka = _store("kafka", index, PER_KAFKA)
    if index % 5 == 0:
        yield Dependency(client=name, server=kafka, mode="publishes", topic=f"{name}.events")
    if index % 5 == 1:
        first = names[index // PER_KAFKA * PER_KAFKA]
        yield Dependency(client=name, server=kafka, mode="consumes", topic=f"{first}.events", group=f"{name}-group")


def _route(index: int, name: str) -> Route:
    return Route(host="shop.example.org", path=f"/api/{name}", backends=(Backend(service=name, port="http"),))


def _secret(index: int, name: str) -> Secret:
    key = SecretKey(name="database-url", opens=f"database:{_store('postgres', index, PER_POSTGRES)}/{name}")
    return Secret(name=f"{name}-secrets", namespace=_space(index), keys=(key, SecretKey(name="api-key")))
