"""Services, DNS names in all their lengths, namespaces: who answers to a host."""

import pytest

from tests.importers.kubernetes.conftest import Import
from tests.importers.kubernetes.helpers import doubts, edges, running, service, workload

HEADLESS = {"clusterIP": "None"}


@pytest.mark.parametrize(
    "host",
    [
        "orders",
        "orders.shop",
        "orders.shop.svc",
        "orders.shop.svc.cluster.local",
        "orders.shop.svc.cluster.local.",
        "orders.shop.svc.example.internal",
        "ORDERS",
    ],
)
def test_every_length_of_a_name(load: Import, host: str) -> None:
    topology, report = load(
        running("orders", namespace="shop"),
        workload("web", namespace="shop", env={"ORDERS_URL": f"http://{host}:8080/x"}),
    )

    assert edges(topology) == {("web", "orders")}
    assert doubts(report) == ""


def test_a_service_is_called_otherwise_than_its_workload(load: Import) -> None:
    topology, _ = load(
        workload("orders-v1"),
        service("orders-api", app="orders-v1"),
        workload("web", env={"ORDERS": "orders-api:8080"}),
    )

    assert edges(topology) == {("web", "orders-v1")}
    assert topology.service["orders-v1"].aliases == ("orders-api",)


def test_several_services_are_one_node(load: Import) -> None:
    topology, _ = load(
        workload("web"),
        service("web"),
        service("web-external", 80, app="web", type="LoadBalancer"),
        workload("load", env={"TARGET": "http://web-external", "OTHER": "http://web:8080"}),
    )

    assert edges(topology) == {("load", "web")}
    assert [service.name for service in topology.services] == ["load", "web"]


def test_several_workloads_behind_one_service(load: Import) -> None:
    labels = {"app": "reviews"}
    topology, _ = load(
        workload("reviews-v1", labels=labels | {"version": "v1"}),
        workload("reviews-v2", labels=labels | {"version": "v2"}),
        service("reviews"),
        workload("page", env={"REVIEWS_URL": "http://reviews:8080"}),
    )

    assert edges(topology) == {("page", "reviews-v1"), ("page", "reviews-v2")}


def test_the_own_service_is_no_dependency(load: Import) -> None:
    topology, _ = load(
        running("orders", env={"SELF_URL": "http://orders:8080", "ADVERTISED": "orders.default.svc:8080"})
    )

    assert topology.dependencies == ()


def test_pods_of_a_headless_service(load: Import) -> None:
    topology, _ = load(
        workload("db", kind="StatefulSet", image="postgres:16", ports=(5432,), serviceName="db-pods", replicas=2),
        service("db-pods", 5432, app="db", **HEADLESS),
        workload("web", env={"DATABASE_URL": "postgres://u:p@db-1.db-pods:5432/shop"}),
        workload("api", env={"DATABASE_URL": "postgres://u:p@db-0.db-pods.default.svc.cluster.local/shop"}),
    )

    assert edges(topology) == {("web", "db"), ("api", "db")}
    assert topology.datastore["db"].members == 2


def test_the_governing_service_may_be_missing(load: Import) -> None:
    topology, _ = load(
        workload("db", kind="StatefulSet", image="postgres:16", ports=(5432,), serviceName="pods"),
        workload("web", env={"DB_HOST": "db-0.pods"}),
    )

    assert edges(topology) == {("web", "db")}


def test_a_name_of_another_namespace_is_not_the_own_one(load: Import) -> None:
    topology, report = load(
        running("db", 3306, image="mysql:8"),
        workload("web", env={"MYSQL_HOST": "db.elsewhere.svc.cluster.local", "MYSQL_PORT": "3306"}),
    )

    assert edges(topology) == {("web", "db.elsewhere")}
    assert topology.datastore["db.elsewhere"].deployment.type == "managed"
    assert "nothing here answers to 'db.elsewhere.svc.cluster.local'; taken for a mysql" in doubts(report)


def test_the_namespace_of_the_client_comes_first(load: Import) -> None:
    topology, _ = load(
        running("orders", namespace="a"),
        running("orders", namespace="b"),
        workload("web", namespace="b", env={"ORDERS_URL": "http://orders:8080"}),
    )

    assert edges(topology) == {("web", "orders-b")}
    assert set(topology.service) == {"orders-a", "orders-b", "web"}


def test_a_name_that_only_resolves_elsewhere_is_told(load: Import) -> None:
    topology, report = load(
        running("orders", namespace="a"), workload("web", namespace="b", env={"ORDERS_URL": "http://orders:8080"})
    )

    assert edges(topology) == {("web", "orders")}
    assert "a.yaml:" in doubts(report)
    assert "'orders' does not resolve in namespace b; taken for the one in a" in doubts(report)


def test_a_name_that_is_ambiguous_is_not_guessed(load: Import) -> None:
    topology, report = load(
        running("orders", namespace="a"),
        running("orders", namespace="b"),
        workload("web", namespace="c", env={"ORDERS_URL": "http://orders:8080"}),
    )

    assert edges(topology) == set()
    assert "'orders' does not resolve in namespace c, but exists in a, b" in doubts(report)


def test_no_namespace_is_the_default_one(load: Import) -> None:
    topology, _ = load(
        workload("orders"),
        service("orders", namespace="default"),
        workload("web", namespace="shop", env={"ORDERS_URL": "http://orders.default:8080"}),
    )

    assert edges(topology) == {("web", "orders")}


def test_manifests_that_leave_out_the_namespace_their_addresses_spell(load: Import) -> None:
    topology, report = load(
        running("orders"),
        running("carts"),
        workload("web", env={"ORDERS_URL": "http://orders.shop:8080", "CARTS_URL": "http://carts.shop.svc:8080"}),
    )

    assert edges(topology) == {("web", "orders"), ("web", "carts")}
    assert "objects without a namespace are taken for those of shop" in doubts(report)


def test_external_names(load: Import) -> None:
    topology, _ = load(
        running("orders", namespace="shop"),
        service("other", namespace="web", type="ExternalName", externalName="orders.shop.svc.cluster.local"),
        service("far", namespace="web", type="ExternalName", externalName="db.example.internal.net"),
        workload(
            "front", namespace="web", env={"ORDERS_URL": "http://other:8080", "DATABASE_URL": "postgres://u:p@far/shop"}
        ),
    )

    assert edges(topology) == {("front", "orders"), ("front", "db.example.internal.net")}
    assert topology.datastore["db.example.internal.net"].kind == "postgres"


def test_a_service_with_addresses_given_by_hand(load: Import) -> None:
    topology, _ = load(
        "{apiVersion: v1, kind: Service, metadata: {name: legacy-db}, spec: {ports: [{port: 5432}]}}\n",
        "{apiVersion: v1, kind: Endpoints, metadata: {name: legacy-db}, subsets: [{addresses: [{ip: 10.1.2.3}]}]}\n",
        workload("web", env={"LEGACY_URL": "postgres://u:p@legacy-db/shop"}),
    )

    assert edges(topology) == {("web", "legacy")}
    assert topology.datastore["legacy"].aliases == ("10.1.2.3",)


def test_external_names_that_lead_in_a_circle_end(load: Import) -> None:
    topology, report = load(
        service("a", type="ExternalName", externalName="b"),
        service("b", type="ExternalName", externalName="a"),
        workload("web", env={"A_URL": "http://a"}),
    )

    assert edges(topology) == set()
    assert "stands for a name" in doubts(report)


def test_a_service_that_selects_nothing_is_told(load: Import) -> None:
    topology, report = load(service("ghost"), workload("web", env={"GHOST_URL": "http://ghost:8080"}))

    assert edges(topology) == set()
    assert "Service ghost selects no pod here" in doubts(report)


def test_a_workload_without_a_service_is_found_with_a_doubt(load: Import) -> None:
    topology, report = load(workload("orders"), workload("web", env={"ORDERS_URL": "http://orders:8080"}))

    assert edges(topology) == {("web", "orders")}
    assert "no Service here is called 'orders'; taken for the workload of that name" in doubts(report)


def test_a_service_nobody_deploys_is_told_and_left_out(load: Import) -> None:
    topology, report = load(workload("web", env={"ASSISTANT_SERVICE_ADDR": "assistant:80"}))

    assert edges(topology) == set()
    assert topology.externals == ()
    assert (
        "ASSISTANT_SERVICE_ADDR: nothing here answers to 'assistant', so this dependency of web is left out"
        in doubts(report)
    )


def test_hosts_outside_become_externals(load: Import) -> None:
    env = {
        "PAYMENT_API_URL": "https://api.payments.net/v1",
        "SMTP_HOST": "smtp.mail.net",
        "PUBLIC_URL": "https://shop.net",
        "CORS_ORIGIN": "https://other.net",
        "DOCS": "see https://docs.net/x",
    }
    topology, _ = load(workload("web", env=env))

    assert {item.name: item.kind for item in topology.externals} == {
        "api.payments.net": "http",
        "smtp.mail.net": "smtp",
    }
    assert edges(topology) == {("web", "api.payments.net"), ("web", "smtp.mail.net")}


def test_the_entrance_of_the_system_is_no_external(load: Import) -> None:
    ingress = """\
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata: {name: web}
    spec:
      rules:
        - {host: shop.net, http: {paths: [{path: /, backend: {service: {name: web, port: {number: 8080}}}}]}}
    """
    topology, _ = load(running("web", env={"LINKS_URL": "https://shop.net/x"}), ingress)

    assert topology.externals == ()


def test_datastores_that_somebody_else_runs(load: Import) -> None:
    env = {
        "DATABASE_URL": "postgres://u:p@shop.abc.rds.amazonaws.net:5432/shop",
        "KAFKA_BROKERS": "b-1.msk.net:9092,b-2.msk.net:9092",
        "REDIS_HOST": "10.39.0.2",
        "REDIS_DB": "4",
    }
    topology, _ = load(workload("web", env=env), workload("api", env={"REDIS_HOST": "10.39.0.2"}))

    kinds = {store.name: (store.kind, store.deployment.type, store.members) for store in topology.datastores}
    assert kinds == {
        "shop.abc.rds.amazonaws.net": ("postgres", "managed", 0),
        "b-1.msk.net": ("kafka", "managed", 0),
        "redis": ("redis", "managed", 0),
    }
    assert topology.datastore["b-1.msk.net"].aliases == ("b-2.msk.net",)
    assert [db.name for db in topology.datastore["shop.abc.rds.amazonaws.net"].databases] == ["shop"]
    assert [db.index for db in topology.datastore["redis"].logical_dbs] == [4]
    assert ("api", "redis") in edges(topology)


def test_all_names_of_a_host_outside_are_one_node(load: Import) -> None:
    topology, _ = load(
        workload("a", namespace="shop", env={"REDIS_URL": "redis://cache"}),
        workload("b", namespace="shop", env={"REDIS_URL": "redis://cache.shop.svc.cluster.local"}),
        workload("c", namespace="other", env={"REDIS_URL": "redis://cache.shop"}),
    )

    assert edges(topology) == {("a", "cache.shop"), ("b", "cache.shop"), ("c", "cache.shop")}


def test_the_api_server_is_nobodys_dependency(load: Import) -> None:
    topology, report = load(workload("web", env={"KUBERNETES_URL": "https://kubernetes.default.svc"}))

    assert topology.dependencies == ()
    assert doubts(report) == ""


def test_names_that_kubernetes_would_reject(load: Import) -> None:
    topology, report = load(workload("My_Orders"))

    assert set(topology.service) == {"my-orders"}
    assert "'My_Orders' is called 'my-orders' here" in doubts(report)
