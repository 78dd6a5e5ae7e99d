"""Values that the policy states are held to the target too."""

from __future__ import annotations

import pytest

from novaplan.consolidation import Policy, consolidate, loads_policy
from novaplan.errors import ConsolidationRefused
from novaplan.topology.storage import loads
from novaplan.topology.system import Topology

CURRENT = """\
name: tickets
services:
  - name: web
    containers: [{name: web, image: w, env: [{name: DB_URL, secret: {name: web-secret, key: url}}]}]
  - name: desk
    containers: [{name: desk, image: w, env: [{name: DB_URL, secret: {name: desk-secret, key: link}}]}]
datastores: [{name: pg, kind: postgres, databases: [{name: shop}]}]
dependencies:
  - {client: web, server: pg, mode: reads, database: shop, user: reader}
  - {client: desk, server: pg, mode: writes, database: shop, user: writer}
secrets:
  - {name: web-secret, keys: [{name: url}]}
  - {name: desk-secret, keys: [{name: link}]}
"""


@pytest.fixture(scope="module")
def current() -> Topology:
    return loads(CURRENT)


def policy(secret: str, match: str, extra: str = "") -> Policy:
    return loads_policy(
        "name: p\n"
        "rules: {secrets: merge}\n"
        "groups:\n"
        "  - name: app\n"
        "    members: [web, desk]\n"
        f"    settings: {{env: [{{name: DB_URL, secret: {{name: {secret}, key: url}}}}]}}\n"
        f"dependencies: [{{match: {{client: app, server: pg, {match}database: shop}}, set: {{user: app}}}}]\n" + extra
    )


def refused(current: Topology, plan: Policy) -> str:
    with pytest.raises(ConsolidationRefused) as caught:
        consolidate(current, plan)
    return str(caught.value)


def test_a_stated_variable_names_a_secret_of_the_target(current: Topology) -> None:
    told = refused(current, policy("web-secret", ""))

    assert "variable DB_URL is to come from web-secret/url, which the target does not have" in told
    assert "secret: {name: app-secret, key: url}" in told
    made = consolidate(current, policy("app-secret", ""))
    assert {(item.name, key.name) for item in made.secrets for key in item.keys} >= {("app-secret", "url")}


def test_a_secret_that_the_policy_adds_will_do(current: Topology) -> None:
    added = "add: {secrets: [{name: vault, keys: [{name: url}]}]}\n"

    assert "vault" in refused(current, policy("vault", ""))
    main = consolidate(current, policy("vault", "", added)).service["app"].main
    assert main is not None
    assert [item.secret.name for item in main.env if item.secret] == ["vault"]


def test_the_line_matches_both_who_read_and_who_write(current: Topology) -> None:
    told = refused(current, policy("app-secret", "mode: writes, "))

    assert "match: {client: app, server: pg, database: shop}" in told
    (edge,) = consolidate(current, policy("app-secret", "")).dependencies
    assert (edge.mode, edge.user) == ("writes", "app")
