"""A small shop: four services become two, two database servers become one, Redis gets Sentinels."""

from novaplan.topology.datastore import Database, Datastore, LogicalDB, Patroni, Schema, Sentinel
from novaplan.topology.lineage import Heir, Lineage
from novaplan.topology.service import (
    Autoscaling,
    Container,
    EnvVar,
    FeatureFlag,
    KeyRef,
    Port,
    Resources,
    Service,
    Startup,
)
from novaplan.topology.system import Topology
from novaplan.topology.wiring import Backend, Dependency, Namespace, Pool, Route, Secret, SecretKey


def resources(cpu: str, memory: str) -> Resources:
    return Resources.model_validate({"requests": {"cpu": cpu, "memory": memory}})


def service(name: str, *, port: int, cpu: str = "250m", memory: str = "256Mi", env=(), **more) -> Service:
    container = Container(name="main", image=f"shop/{name}:1", resources=resources(cpu, memory), env=env)
    return Service(name=name, ports=(Port(name="http", port=port),), containers=(container,), **more)


def variable(name: str, value: str | None = None, secret: str | None = None) -> EnvVar:
    return EnvVar(name=name, value=value, secret=KeyRef(name=secret, key="url") if secret else None)


def secret(name: str) -> Secret:
    return Secret(name=name, keys=(SecretKey(name="url"),))


def current() -> Topology:
    return Topology(
        name="shop",
        services=(
            service(
                "orders",
                port=8080,
                cpu="500m",
                memory="512Mi",
                replicas=3,
                env=(variable("DATABASE_URL", secret="orders-db"), variable("LOG", "info")),
            ),
            service("pricing", port=8081, role="wrapper", replicas=2, env=(variable("LOG", "debug"),)),
            service("edge", port=80, role="gateway"),
            service("chat", port=3000, env=(variable("DATABASE_URL", secret="chat-db"),)),
            service("old-jobs", port=9000, role="worker"),
        ),
        datastores=(
            Datastore(
                name="main-db",
                kind="postgres",
                storage="10Gi",
                resources=resources("250m", "512Mi"),
                databases=(
                    Database(name="shop", schemas=(Schema(name="public", owner="orders"), Schema(name="price"))),
                ),
            ),
            Datastore(
                name="chat-pg",
                kind="postgres",
                storage="5Gi",
                resources=resources("250m", "512Mi"),
                databases=(Database(name="chat", owner="chat", schemas=(Schema(name="public", owner="chat"),)),),
            ),
            Datastore(
                name="redis",
                kind="redis",
                resources=resources("100m", "128Mi"),
                logical_dbs=(LogicalDB(index=0, owners=("orders", "pricing")), LogicalDB(index=3, owners=("edge",))),
            ),
        ),
        dependencies=(
            Dependency(client="pricing", server="orders", timeout="3s"),
            Dependency(client="edge", server="orders"),
            Dependency(client="edge", server="chat"),
            Dependency(client="orders", server="main-db", mode="writes", database="shop", pool=Pool(max=20)),
            Dependency(client="pricing", server="main-db", mode="writes", database="shop", pool=Pool(max=10)),
            Dependency(client="chat", server="chat-pg", mode="writes", database="chat", pool=Pool(max=20)),
            Dependency(client="orders", server="redis", mode="writes", logical_db=0),
            Dependency(client="pricing", server="redis", mode="writes", logical_db=0),
            Dependency(client="edge", server="redis", mode="writes", logical_db=3),
        ),
        routes=tuple(
            Route(path=path, via="edge", backends=(Backend(service=name, port="http"),))
            for path, name in (("/orders", "orders"), ("/carts", "orders"), ("/prices", "pricing"), ("/ws", "chat"))
        ),
        secrets=(secret("orders-db"), secret("chat-db")),
    )


def target() -> Topology:
    source = current()
    return Topology(
        name="shop-consolidated",
        namespaces=(Namespace(name="shop"),),
        services=(
            service(
                "api",
                port=8080,
                cpu="500m",
                memory="1Gi",
                replicas=3,
                namespace="shop",
                autoscaling=Autoscaling(min=3, max=10, cpu_percent=70),
                startup=Startup(tier=2),
                flags=(FeatureFlag(name="pricing", enabled=True),),
                env=(variable("DATABASE_URL", secret="database"), variable("LOG", "info"), variable("MODE", "all")),
            ),
            service(
                "realtime",
                port=3000,
                namespace="shop",
                replicas=2,
                optional=True,
                env=(variable("DATABASE_URL", secret="database"),),
            ),
        ),
        datastores=(
            Datastore(
                name="main-db",
                kind="postgres",
                storage="20Gi",
                resources=resources("250m", "512Mi"),
                deployment=Patroni(type="patroni", members=3),
                connections={"max": 300},
                databases=(
                    Database(name="shop", schemas=(Schema(name="public", owner="api"), Schema(name="price"))),
                    Database(name="chat", owner="realtime", schemas=(Schema(name="public", owner="realtime"),)),
                ),
            ),
            Datastore(
                name="redis",
                kind="redis",
                resources=resources("100m", "128Mi"),
                deployment=Sentinel(type="sentinel", members=3, sentinels=3, quorum=2),
                logical_dbs=(LogicalDB(index=0, owners=("api",)), LogicalDB(index=3, owners=("api",))),
            ),
        ),
        dependencies=(
            Dependency(client="api", server="realtime"),
            Dependency(client="api", server="main-db", mode="writes", database="shop", pool=Pool(max=25)),
            Dependency(client="realtime", server="main-db", mode="writes", database="chat", pool=Pool(max=20)),
            Dependency(client="api", server="redis", mode="writes", logical_db=0),
            Dependency(client="api", server="redis", mode="writes", logical_db=3),
        ),
        routes=tuple(
            Route(path=path, backends=(Backend(service=name, port="http"),))
            for path, name in (("/orders", "api"), ("/carts", "api"), ("/prices", "api"), ("/ws", "realtime"))
        ),
        secrets=(secret("database"),),
        lineage=Lineage(source="shop", digest=source.digest, parts=tuple(_heirs())),
    )


def _heirs():
    def heir(part, *into, fate="absorbed", reason=""):
        return Heir(part=part, fate=fate, into=into, reason=reason)

    for name in ("orders", "pricing", "edge"):
        yield heir(f"service:{name}", "service:api")
        yield heir(f"container:{name}/main", "container:api/main")
        yield heir(f"port:{name}/http", "port:api/http")
    yield heir("env:orders/main/DATABASE_URL", "env:api/main/DATABASE_URL", fate="moved")
    yield heir("env:orders/main/LOG", "env:api/main/LOG")
    yield heir("env:pricing/main/LOG", "env:api/main/LOG")
    yield heir("service:chat", "service:realtime", fate="moved")
    yield heir("container:chat/main", "container:realtime/main", fate="moved")
    yield heir("port:chat/http", "port:realtime/http", fate="moved")
    yield heir("env:chat/main/DATABASE_URL", "env:realtime/main/DATABASE_URL", fate="moved")
    for part in ("service:old-jobs", "container:old-jobs/main", "port:old-jobs/http"):
        yield heir(part, fate="retired", reason="nothing calls it")
    yield heir("datastore:main-db", "datastore:main-db")
    yield heir("datastore:chat-pg", "datastore:main-db")
    yield heir("database:chat-pg/chat", "database:main-db/chat", fate="moved")
    yield heir("schema:chat-pg/chat/public", "schema:main-db/chat/public", fate="moved")
    yield heir("dependency:pricing->orders/calls", fate="internal")
    yield heir("dependency:edge->orders/calls", fate="internal")
    yield heir("dependency:edge->chat/calls", "dependency:api->realtime/calls", fate="moved")
    yield heir("dependency:orders->main-db/writes/shop", "dependency:api->main-db/writes/shop")
    yield heir("dependency:pricing->main-db/writes/shop", "dependency:api->main-db/writes/shop")
    yield heir("dependency:chat->chat-pg/writes/chat", "dependency:realtime->main-db/writes/chat", fate="moved")
    yield heir("dependency:orders->redis/writes/0", "dependency:api->redis/writes/0")
    yield heir("dependency:pricing->redis/writes/0", "dependency:api->redis/writes/0")
    yield heir("dependency:edge->redis/writes/3", "dependency:api->redis/writes/3", fate="moved")
    yield heir("secret:orders-db", "secret:database")
    yield heir("secret:chat-db", "secret:database")
    yield heir("secret-key:orders-db/url", "secret-key:database/url")
    yield heir("secret-key:chat-db/url", "secret-key:database/url")
