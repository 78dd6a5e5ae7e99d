"""A policy that does not fit its topology: file, line, field, and the nearest name that would."""

from __future__ import annotations

import textwrap

import pytest

from novaplan.consolidation import Policy, consolidate, loads_policy
from novaplan.errors import PolicyError
from novaplan.topology.storage import loads
from novaplan.topology.system import Topology

TOPOLOGY = """\
format: novaplan/topology/v1
namespaces: [{name: shop}]
services: [{name: orders, namespace: shop}, {name: catalog}, {name: mail}]
datastores:
  - {name: redis, kind: redis, logical_dbs: [{index: 0, owners: [orders]}]}
  - {name: cache, kind: redis}
  - {name: mysql, kind: mysql}
externals: [{name: pay, kind: payment}]
secrets: [{name: certificate}]
"""
HEAD = "name: test\n"
GROUPS = "groups: [{name: core, members: [orders, catalog]}, {name: mail, members: [mail]}]\n"

# what stands below the head, the line of the problem (1 is the name), its field, its message
CASES = {
    "unknown service": (
        "groups:\n- name: core\n  members:\n  - orders\n  - katalog\n- {name: rest, members: [catalog, mail]}",
        6, "groups[core].members[1]", "there is no service 'katalog' (did you mean 'catalog'?)",
    ),
    "in two groups": (
        "groups:\n- {name: core, members: [orders, catalog, mail]}\n- {name: rest, members: [mail]}",
        4, "groups[rest].members[0]", "'mail' is already in group 'core'; keep it in one",
    ),
    "twice in one group": (
        "groups: [{name: core, members: [orders, catalog, mail, mail]}]",
        2, "groups[core].members[3]", "'mail' is already in group 'core'; keep it in one",
    ),
    "left out": (
        "groups:\n- {name: core, members: [orders]}",
        2, "groups", "no group has catalog, mail; give each a group, if only of its own",
    ),
    "primary from elsewhere": (
        "groups:\n- {name: core, members: [orders, catalog], primary: order}\n- {name: mail, members: [mail]}",
        3, "groups[core].primary", "'order' is no member of the group (did you mean 'orders'?)",
    ),
    "two groups of one name": (
        "groups:\n- {name: core, members: [orders, catalog]}\n- {name: core, members: [mail]}",
        4, "groups[core].name", "there are two groups 'core'; keep one",
    ),
    "name of a datastore": (
        "groups:\n- {name: mysql, members: [orders, catalog]}\n- {name: mail, members: [mail]}",
        3, "groups[mysql].name", "'mysql' is the name of something else in the target",
    ),
    "keys on an unknown server": (
        "groups:\n- name: core\n  members: [orders, catalog]\n  logical_dbs:\n  - {server: rediss, index: 1}\n"
        "- {name: mail, members: [mail]}",
        6, "groups[core].logical_dbs[0].server", "there is no datastore of the target 'rediss' (did you mean 'redis'?)",
    ),
    "two places for one server": (
        "groups:\n- name: core\n  members: [orders, catalog]\n  logical_dbs:\n  - {server: redis, index: 1}\n"
        "  - {server: redis, index: 2}\n- {name: mail, members: [mail]}",
        7, "groups[core].logical_dbs[1]", "everything else on redis has two choices in this group; keep one",
    ),
    "keys that nobody has": (
        "groups:\n- {name: core, members: [orders, catalog]}\n"
        "- {name: mail, members: [mail], logical_dbs: [{server: redis, index: 1}]}",
        4, "groups[mail].logical_dbs[0].server", "no member of mail uses a logical DB of redis",
    ),
    "a logical DB that nobody uses": (
        "groups:\n- {name: mail, members: [mail]}\n- name: core\n  members: [orders, catalog]\n"
        "  logical_dbs: [{server: redis, part: 'logical-db:redis/7', index: 1}]",
        6, "groups[core].logical_dbs[0].part", "no member of core uses logical-db:redis/7",
    ),
    "a namespace nobody declares": (
        "groups:\n- {name: core, members: [orders, catalog], settings: {namespace: shopp}}\n"
        "- {name: mail, members: [mail]}",
        3, "groups[core].settings.namespace", "there is no namespace 'shopp' (did you mean 'shop'?)",
    ),
    "waiting for a service of today": (
        "groups:\n- {name: core, members: [orders, catalog]}\n"
        "- {name: mail, members: [mail], settings: {startup: {wait_for: [orders]}}}",
        4, "groups[mail].settings.startup.wait_for",
        "there is no service or datastore of the target 'orders'; it becomes 'core'",
    ),
    "no replicas at all": (
        "groups:\n- {name: core, members: [orders, catalog], settings: {replicas: null}}\n"
        "- {name: mail, members: [mail]}",
        3, "groups[core].settings.replicas", "cannot be null; leave it out to keep what the rules give",
    ),
    "a main container among the sidecars": (
        "groups:\n- {name: core, members: [orders, catalog], settings: {containers: [{name: x}]}}\n"
        "- {name: mail, members: [mail]}",
        3, "groups[core].settings.containers[x]",
        "say of which kind this sidecar is; the main container is stated field by field",
    ),
    "unknown datastore": (
        GROUPS + "datastores:\n- {name: x, members: [mysqll]}",
        4, "datastores[x].members[0]", "there is no datastore 'mysqll' (did you mean 'mysql'?)",
    ),
    "datastore in two groups": (
        GROUPS + "datastores:\n- {name: x, members: [redis]}\n- {name: y, members: [redis, cache]}",
        5, "datastores[y].members[0]", "'redis' is already in group 'x'; keep it in one",
    ),
    "datastores of two kinds": (
        GROUPS + "datastores:\n- {name: x, members: [redis, mysql]}",
        4, "datastores[x].members", "redis (redis) and mysql (mysql) cannot become one server",
    ),
    "datastore with the name of a service": (
        GROUPS + "datastores:\n- {name: core, members: [redis]}",
        4, "datastores[core].name", "'core' is the name of something else in the target",
    ),
    "two datastore groups of one name": (
        GROUPS + "datastores:\n- {name: x, members: [redis]}\n- {name: x, members: [cache]}",
        5, "datastores[x].name", "there are two groups 'x'; keep one",
    ),
    "datastore both kept and retired": (
        GROUPS + "datastores:\n- {name: x, members: [redis, cache]}\nretire: [{part: 'datastore:cache', reason: old}]",
        4, "datastores[x].members[1]", "'cache' is retired below; take it out here or there",
    ),
    "owner by its name of today": (
        GROUPS + "datastores:\n- name: mysql\n  members: [mysql]\n  settings:\n    databases:\n"
        "    - {name: shop, owner: orders}",
        8, "datastores[mysql].settings.databases[shop].owner",
        "there is no service of the target 'orders'; it becomes 'core'",
    ),
    "owner of a logical DB": (
        GROUPS + "datastores:\n- {name: redis, members: [redis], settings: {logical_dbs: [{index: 0, owners: [cor]}]}}",
        4, "datastores[redis].settings.logical_dbs[0].owners",
        "there is no service of the target 'cor' (did you mean 'core'?)",
    ),
    "dependency of a service of today": (
        GROUPS + "dependencies:\n- match: {client: orders}\n  set: {optional: true}",
        4, "dependencies[0].match.client",
        "there is no service, datastore or external of the target 'orders'; it becomes 'core'",
    ),
    "choice about nothing": (
        GROUPS + "dependencies:\n- match: {client: core, server: pay}\n  set: {optional: true}",
        4, "dependencies[0].match", "no dependency of the target matches {client: core, server: pay}",
    ),
    "nothing in place of a truth": (
        GROUPS + "dependencies:\n- match: {client: core}\n  set: {optional: null}",
        5, "dependencies[0].set.optional", "cannot be null; leave it out to keep what the rules give",
    ),
    "unknown certificate": (
        GROUPS + "routes:\n  tls_secret: certificat",
        4, "routes.tls_secret", "there is no secret 'certificat' (did you mean 'certificate'?)",
    ),
    "external that is there already": (
        GROUPS + "add:\n  externals:\n  - {name: pay}",
        5, "add.externals[pay].name", "'pay' is already the name of something in the target",
    ),
    "added client": (
        GROUPS + "add:\n  dependencies:\n  - {client: cor, server: pay}",
        5, "add.dependencies[0].client",
        "there is no service or datastore of the target 'cor' (did you mean 'core'?)",
    ),
    "added server": (
        GROUPS + "add:\n  dependencies:\n  - {client: core, server: payy}",
        5, "add.dependencies[0].server",
        "there is no service, datastore or external of the target 'payy' (did you mean 'pay'?)",
    ),
    "namespace of an added secret": (
        GROUPS + "add:\n  secrets:\n  - {name: x, namespace: warehouse}",
        5, "add.secrets[x].namespace", "there is no namespace 'warehouse'; declare it under namespaces",
    ),
    "retired service": (
        GROUPS + "retire:\n- {part: 'service:mail', reason: old}",
        4, "retire[0].part",
        "a service is not retired but put into a group; what nobody needs of it is retired part by part",
    ),
    "retired nothing": (
        GROUPS + "retire:\n- {part: 'secret:certificat', reason: old}",
        4, "retire[0].part",
        "there is no part with the address 'secret:certificat' (did you mean 'secret:certificate'?)",
    ),
    "retired everything": (
        GROUPS + "retire:\n- {part: 'system:', reason: old}",
        4, "retire[0].part", "there is no part with the address 'system:'",
    ),
    "unknown field": (
        GROUPS + "rules:\n  replica: max",
        4, "rules.replica", "is not a known field (did you mean 'replicas'?)",
    ),
    "unknown rule": (
        GROUPS + "rules:\n  replicas: maximum",
        4, "rules.replicas", "should be 'same', 'primary', 'max' or 'sum'",
    ),
    "no reason": (
        GROUPS + "retire:\n- {part: 'external:pay'}",
        4, "retire[0].reason", "is required",
    ),
}  # fmt: skip


def topology() -> Topology:
    return loads(TOPOLOGY)


@pytest.mark.parametrize("name", CASES)
def test_what_does_not_fit_is_told_with_its_place(name: str) -> None:
    text, line, field, message = CASES[name]

    with pytest.raises(PolicyError) as refused:
        consolidate(topology(), loads_policy(HEAD + text, file="plan.yaml"))

    (problem,) = refused.value.problems
    assert (problem.file, problem.line, problem.field, problem.message) == ("plan.yaml", line, field, message)


def test_everything_that_does_not_fit_is_told_at_once() -> None:
    text = textwrap.dedent(
        """\
        name: test
        groups:
        - {name: core, members: [orders, katalog]}
        datastores:
        - {name: x, members: [mysqll]}
        """
    )

    with pytest.raises(PolicyError) as refused:
        consolidate(topology(), loads_policy(text, file="plan.yaml"))

    assert str(refused.value).splitlines() == [
        "plan.yaml:3: groups[core].members[1]: there is no service 'katalog' (did you mean 'catalog'?)",
        "plan.yaml:2: groups: no group has catalog, mail; give each a group, if only of its own",
        "plan.yaml:5: datastores[x].members[0]: there is no datastore 'mysqll' (did you mean 'mysql'?)",
    ]


def test_a_policy_made_in_python_is_named_instead_of_a_file() -> None:
    plan = Policy.model_validate({"name": "mine", "groups": [{"name": "core", "members": ["orders"]}]})

    with pytest.raises(PolicyError, match=r"^policy mine:1: groups: no group has catalog, mail"):
        consolidate(topology(), plan)


@pytest.mark.parametrize("text", ["", "[]", "name: a\n---\nname: b\n"])
def test_what_is_no_policy_at_all(text: str) -> None:
    with pytest.raises(PolicyError, match=r"^plan\.yaml"):
        loads_policy(text, file="plan.yaml")


def test_null_takes_away_what_need_not_be() -> None:
    system = loads(TOPOLOGY.replace("{name: mail}", "{name: mail, team: web, autoscaling: {min: 1, max: 2}}"))
    text = GROUPS.replace("members: [mail]", "members: [mail], settings: {team: null, autoscaling: null}")

    mail = consolidate(system, loads_policy(HEAD + text)).service["mail"]

    assert (mail.team, mail.autoscaling) == (None, None)
