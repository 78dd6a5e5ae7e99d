from __future__ import annotations

import pytest

from novaplan.migration.edits import remove
from tests.migration.small import broken, edge, route, service, step, system, world

REF = {"name": "access", "key": "password"}
CONTAINERS = [{"name": "web", "env": [{"name": "PASSWORD", "secret": REF}]}]
WHOLE = system(
    namespaces=[{"name": "shop"}],
    services=[service("web", namespace="shop", containers=CONTAINERS)],
    datastores=[{"name": "db", "kind": "postgres", "namespace": "shop", "env": [{"name": "ROOT", "secret": REF}]}],
    dependencies=[edge("web", "db", "writes", secret=REF)],
    routes=[route("/", ("web", 100), tls=True, tls_secret="cert")],
    secrets=[{"name": "access", "namespace": "shop", "keys": [{"name": "password"}]},
             {"name": "cert", "namespace": "shop", "keys": [{"name": "tls.key"}]}],
)  # fmt: skip


@pytest.mark.parametrize(
    ("gone", "missed"),
    [
        ((), []),
        (("secret-key:shop/access/password",), ["env:web/web/PASSWORD", "dependency:web->db/writes", "datastore:db"]),
        (("secret:shop/cert", "secret-key:shop/cert/tls.key"), ["route:*/"]),
    ],
)
def test_what_is_needed_is_there(gone: tuple[str, ...], missed: list[str]) -> None:
    assert broken("secrets", world(WHOLE, WHOLE, step("a", *map(remove, gone)))) == missed


def test_a_secret_is_needed_where_the_pod_runs() -> None:
    other = system(namespaces=[{"name": "shop"}, {"name": "else"}],
                   services=[service("web", namespace="else", containers=CONTAINERS)],
                   secrets=[{"name": "access", "namespace": "shop", "keys": [{"name": "password"}]}])  # fmt: skip

    assert broken("secrets", world(other, other)) == ["env:web/web/PASSWORD"]


def test_what_is_optional_or_kept_elsewhere_is_not_missed() -> None:
    env = [{"name": "A", "secret": REF | {"optional": True}}, {"name": "B", "secret": {"name": "vault", "key": "x"}}]
    topology = system(services=[service("web", containers=[{"name": "web", "env": env}])],
                      secrets=[{"name": "access", "keys": [{"name": "password"}]}])  # fmt: skip

    gone = step("a", remove("secret-key:access/password"))
    assert broken("secrets", world(topology, topology, gone)) == []
