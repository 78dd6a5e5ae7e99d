"""Which servers a text names, in every form that programs are told of them."""

import time

import pytest

from novaplan.importers.addresses import strings, texts, urls
from novaplan.importers.addresses.finding import Landscape, in_setting
from novaplan.importers.addresses.names import Says, says, subject, words
from novaplan.importers.draft import Setting, Where

HERE = Where("a.yaml", 1)
KNOWN = {
    "db": frozenset({5432}),
    "redis": frozenset({6379}),
    "postgres": frozenset({5432}),
    "orders": frozenset({80, 8080}),
    "orders.shop.svc.cluster.local": frozenset({80}),
    "kafka": frozenset({9092}),
    "kafka2": frozenset({9092}),
    "web": frozenset({8080}),
}
WORDS = texts.Vocabulary(KNOWN.get, {host.partition(".")[0] for host in KNOWN}.__contains__)
LANDSCAPE = Landscape(KNOWN.get, WORDS)


def hosts(name: str, text: str) -> list[tuple[str, int | None]]:
    """Host and port of every address in a variable."""
    return [(found.host, found.port) for found in in_setting(Setting(name, text, HERE), LANDSCAPE)]


@pytest.mark.parametrize(
    ("text", "host", "port", "scheme", "path"),
    [
        ("postgres://u:p@db:5432/shop", "db", 5432, "postgres", "shop"),
        ("postgresql+asyncpg://u:p%40x@db/shop?sslmode=disable", "db", None, "postgresql+asyncpg", "shop"),
        (
            "postgresql://db.shop.svc.cluster.local/shop%2Deu",
            "db.shop.svc.cluster.local",
            None,
            "postgresql",
            "shop-eu",
        ),
        ("mysql2://root@db:3306/shop?pool=5", "db", 3306, "mysql2", "shop"),
        ("redis://:pw@redis:6379/3", "redis", 6379, "redis", "3"),
        ("rediss://default:pw@cache.example.net:6380", "cache.example.net", 6380, "rediss", None),
        ("amqp://guest:guest@rabbit:5672/%2f", "rabbit", 5672, "amqp", "/"),
        ("nats://token@nats:4222", "nats", 4222, "nats", None),
        ("bolt://graph:7687", "graph", 7687, "bolt", None),
        ("neo4j+s://graph:7687", "graph", 7687, "neo4j+s", None),
        ("clickhouse://u:p@ch:9000/events", "ch", 9000, "clickhouse", "events"),
        ("grpc://cart:7070", "cart", 7070, "grpc", None),
        ("wss://chat.example.net/socket", "chat.example.net", None, "wss", "socket"),
        ("smtp://mail:25", "mail", 25, "smtp", None),
        ("ldap://directory:389/dc=x", "directory", 389, "ldap", "dc=x"),
        ("tcp://metrics:8125", "metrics", 8125, "tcp", None),
        ("dns:///cart:7070", "cart", 7070, "dns", None),
        ("turn:relay:3478?transport=udp", "relay", 3478, "turn", None),
        ("jdbc:postgresql://db:5432/shop", "db", 5432, "postgresql", "shop"),
        ("jdbc:sqlserver://host:1433;databaseName=x;user=sa;password=p", "host", 1433, "sqlserver", None),
        ("jdbc:oracle:thin:@//ora:1521/XE", "ora", 1521, "oracle", "XE"),
        ("jdbc:oracle:thin:u/p@ora:1521:XE", "ora", 1521, "oracle", "XE"),
        ("optional:configserver:http://config:8888", "config", 8888, "http", None),
        ("postgres://u:pa/ss?w@db:5432/shop", "db", 5432, "postgres", "shop"),
        ("http://HOST.Example.NET./x", "host.example.net", None, "http", "x"),
    ],
)
def test_a_url_of_any_scheme(text: str, host: str, port: int | None, scheme: str, path: str | None) -> None:
    ((found, _),) = urls.find(text)

    assert (found.host, found.port, found.scheme, found.path) == (host, port, scheme, path)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("mongodb://u:p@h1:1,h2:2,h3/shop?replicaSet=x", [("h1", 1), ("h2", 2), ("h3", None)]),
        ("PLAINTEXT://kafka:9092,PLAINTEXT://kafka2:9092", [("kafka", 9092), ("kafka2", 9092)]),
        ("http://a:9200,http://b:9200", [("a", 9200), ("b", 9200)]),
        ("jdbc:mysql:replication://a:1,b:2/shop", [("a", 1), ("b", 2)]),
        ("curl -f http://a:80/x && wget 'https://b/y'", [("a", 80), ("b", None)]),
    ],
)
def test_several_hosts_in_one_text(text: str, found: list[tuple[str, int | None]]) -> None:
    assert [(address.host, address.port) for address, _ in urls.find(text)] == found


@pytest.mark.parametrize(
    "text",
    [
        "http://localhost:3000",
        "http://127.0.0.1:8080",
        "http://0.0.0.0:80",
        "http://[::1]:80",
        "unix:///var/run/docker.sock",
        "file:///etc/x",
        "sqlite:///shop.db",
        "s3://bucket/key",
        "http://${HOST}:80",
        "http://{{HOST}}/",
        "http://x:99999",
        "://nothing",
        "jdbc:h2:mem:shop",
        "docker://redis:7",
        "http://",
    ],
)
def test_a_url_that_names_no_other_machine(text: str) -> None:
    assert list(urls.find(text)) == []


def test_credentials_are_not_kept() -> None:
    ((found, _),) = urls.find("postgres://admin:hunter2@db/shop?password=hunter2&schema=a&token=hunter2")

    assert "hunter2" not in repr(found)
    assert "admin" not in repr(found)
    assert found.options == (("schema", "a"),)


@pytest.mark.parametrize(
    ("text", "host", "port", "options"),
    [
        ("Server=db,1433;Database=shop;User Id=sa;Password=p", "db", 1433, (("database", "shop"),)),
        ("Server=tcp:db.example.net,1433;Initial Catalog=shop", "db.example.net", 1433, (("database", "shop"),)),
        ("Data Source=db\\SQLEXPRESS;Initial Catalog=shop", "db", None, (("database", "shop"),)),
        (
            "Host=db;Port=5433;Database=shop;Username=u;Search Path=a",
            "db",
            5433,
            (("database", "shop"), ("search_path", "a")),
        ),
        ("host=db port=5432 dbname=shop user=u password='a b'", "db", 5432, (("database", "shop"),)),
        ("redis:6379,password=p,defaultDatabase=2", "redis", 6379, (("db", "2"),)),
        ("u:p@tcp(db:3306)/shop?parseTime=true", "db", 3306, ()),
        ("(DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST=ora)(PORT=1521)))", "ora", 1521, ()),
    ],
)
def test_connection_strings_of_drivers(text: str, host: str, port: int | None, options: tuple[object, ...]) -> None:
    (found,) = strings.find(text, bare=True, claimed=True)

    assert (found.host, found.port, found.options) == (host, port, options)


def test_a_database_with_a_path_instead_of_a_host() -> None:
    (found,) = strings.find("projects/p/instances/i/databases/shop", bare=False, claimed=False)

    assert (found.scheme, found.path) == ("spanner", "shop")


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("ORDERS_ADDR", "orders:8080", [("orders", 8080)]),
        ("ORDERS_HOST", "orders", [("orders", None)]),
        ("ordersServiceHost", "orders", [("orders", None)]),
        ("--redis-addr", "redis:6379", [("redis", 6379)]),
        ("-addr", "orders", [("orders", None)]),
        ("KAFKA_BROKERS", "kafka:9092,kafka2:9092", [("kafka", 9092), ("kafka2", 9092)]),
        ("BOOTSTRAP_SERVERS", "kafka:9092;kafka2:9092", [("kafka", 9092), ("kafka2", 9092)]),
        ("HOSTS", "kafka kafka2", [("kafka", None), ("kafka2", None)]),
        ("ZOOKEEPER_CONNECT", "orders:2181/kafka", [("orders", 2181)]),
        ("UPSTREAM", "orders", [("orders", None)]),
        ("ConnectionStrings__Cache", "redis", [("redis", None)]),
        ("EventBusConnection", "kafka", [("kafka", None)]),
        ("ORDERS_SERVICE", "orders", [("orders", None)]),
        ("ANYTHING", "orders:8080", [("orders", 8080)]),
        ("ANYTHING", "http://orders/x", [("orders", None)]),
        ("ANYTHING", "orders.shop.svc.cluster.local", [("orders.shop.svc.cluster.local", None)]),
        ("VOTERS", "1@kafka:9092,2@kafka2:9092", [("kafka", 9092), ("kafka2", 9092)]),
        ("JAVA_OPTS", "-Xmx64m -Dspring.redis.host=redis", [("redis", None)]),
        ("CONFIG", '{"redis": {"host": "redis", "port": 6379}}', [("redis", None)]),
        ("", "until nc -z -w30 kafka 9092; do sleep 1; done", [("kafka", 9092)]),
        ("", "until pg_isready -h db -U postgres; do sleep 1; done", [("db", None)]),
        ("", "wait-for redis:6379 -- start", [("redis", 6379)]),
        ("", "nslookup orders.shop.svc.cluster.local", [("orders.shop.svc.cluster.local", None)]),
        ("--replicaof", "redis", [("redis", None)]),
    ],
)
def test_settings_that_name_a_server(name: str, text: str, found: list[tuple[str, int | None]]) -> None:
    assert hosts(name, text) == found


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("POSTGRES_USER", "postgres"),
        ("POSTGRES_DB", "postgres"),
        ("DB_NAME", "orders"),
        ("DB_TYPE", "postgres"),
        ("CACHE_DRIVER", "redis"),
        ("QUEUE_CONNECTION", "redis"),
        ("DB_CONNECTION", "postgres"),
        ("SERVICE_NAME", "orders"),
        ("KAFKA_TOPIC", "orders"),
        ("RABBITMQ_QUEUE", "orders"),
        ("MONGO_COLLECTION", "orders"),
        ("APP_ROLE", "web"),
        ("SPRING_PROFILES_ACTIVE", "docker,redis"),
        ("LOG_LEVEL", "orders=debug,web=info"),
        ("IMAGE", "redis:6379"),
        ("ORDERS_IMAGE", "registry.example.net/orders:8080"),
        ("DATA_PATH", "/var/lib/postgres"),
        ("VERSION", "1:2"),
        ("TIME", "12:30"),
        ("CLASS", "com.example.orders.Main"),
        ("CORS_ORIGINS", "http://web:8080"),
        ("ALLOWED_HOSTS", "web,orders"),
        ("NO_PROXY", "web,orders,redis"),
        ("KAFKA_ADVERTISED_LISTENERS", "PLAINTEXT://kafka:9092"),
        ("LOGIN_REDIRECT_URL", "http://web:8080/login"),
        ("OTEL_RESOURCE_ATTRIBUTES", "service.name=orders,service.namespace=shop"),
        ("GREETING", "orders come from the web and go to redis"),
        ("EMPTY", ""),
        ("PORT", "8080"),
        ("", "redis-server"),
        ("", "postgres"),
        ("", "/etc/redis/redis.conf"),
    ],
)
def test_what_only_looks_like_an_address(name: str, text: str) -> None:
    assert hosts(name, text) == []


@pytest.mark.parametrize(
    "text",
    [
        "upstream u { server orders:8080; }",
        "upstream u { server orders; }",
        "location / { proxy_pass http://orders:8080/; }",
        "server s1 orders:8080 check",
        "orders.url=http://orders:8080\n",
        "orders:\n  host: orders\n",
        '[orders]\nhost = "orders"\n',
        '{"ordersUrl": "http://orders"}',
        "static_configs: [{targets: ['orders:8080']}]",
        "sentinel monitor mymaster orders 8080 2",
    ],
)
def test_configuration_files_that_name_a_known_host(text: str) -> None:
    assert {found.host for found, _ in texts.find(text, WORDS)} == {"orders"}


@pytest.mark.parametrize(
    "text",
    [
        "image: redis:7",
        "server_name orders;",
        "path: /srv/orders/",
        "user: postgres\ndatabase: orders\n",
        "name: redis\ntype: postgres\n",
        "http://orders-v2/x",
        "see web for more",
    ],
)
def test_configuration_files_that_only_mention_a_word(text: str) -> None:
    assert [found.host for found, _ in texts.find(text, WORDS)] == []


def test_comments_are_not_configuration() -> None:
    text = "# http://orders\n  // http://orders\n; http://orders\nurl: http://web\n"

    stripped = texts.without_comments(text)

    assert [found.host for found, _ in texts.find(stripped, WORDS)] == ["web"]
    assert stripped.count("\n") == text.count("\n")


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("DB_HOST", Says.ADDRESS),
        ("spring.data.redis.host", Says.ADDRESS),
        ("KAFKA_CLUSTERS_0_BOOTSTRAPSERVERS", Says.ADDRESS),
        ("PGHOST", Says.ADDRESS),
        ("DB_HOST_NAME", Says.ADDRESS),
        ("ALLOYDB_PRIMARY_IP", Says.ADDRESS),
        ("DB_HOST_TYPE", Says.NOTHING),
        ("GHOST", Says.NOTHING),
        ("PAYMENTS_SERVICE", Says.PERHAPS),
        ("CORS_ALLOWED_ORIGIN", Says.NOT_CALLED),
        ("no_proxy", Says.NOT_CALLED),
        ("", Says.NOTHING),
    ],
)
def test_what_a_name_says(name: str, verdict: Says) -> None:
    assert says(name) is verdict


def test_words_and_subjects() -> None:
    assert words("NEO4J_URI") == ("neo4j", "uri")
    assert words("redisHost2") == ("redis", "host", "2")
    assert words("KAFKA_HOST_1") == ("kafka", "host", "1")
    assert subject("DB_HOST") == ("db",)
    assert subject("--redis-addr") == ("redis",)
    assert subject("PGHOST") == ("pg",)
    assert subject("SPRING_DATASOURCE_URL") == ("spring", "datasource")


@pytest.mark.parametrize(
    "text", ["a" * 1_000_000, "a.b-" * 250_000, "x=" * 400_000, "http://" * 100_000, "a:1 " * 200_000]
)
def test_no_text_takes_long(text: str) -> None:
    start = time.perf_counter()
    in_setting(Setting("URL", text, HERE), LANDSCAPE)
    list(texts.find(text, WORDS))
    list(urls.find(text))

    assert time.perf_counter() - start < 10


@pytest.mark.parametrize("scheme", ["http", "postgres", "mongodb+srv", "dns", "file", "s3", "jdbc:mysql"])
@pytest.mark.parametrize("login", ["", "u@", "u:p@", ":p@"])
@pytest.mark.parametrize("host", ["db", "db.shop.svc", "localhost", "10.0.0.1", "127.0.0.1", "a_b", "x."])
@pytest.mark.parametrize("tail", ["", ":80", ":99999", "/", "/shop", ":80/shop", "/shop/more", "/shop?schema=a", ":x"])
def test_the_short_way_and_the_long_way_agree(scheme: str, login: str, host: str, tail: str) -> None:
    text = f"{scheme}://{login}{host}{tail}"

    # After a space it is part of a longer text, which is read the long way.
    assert [found for found, _ in urls.find(text)] == [found for found, _ in urls.find(f"x {text}")]
