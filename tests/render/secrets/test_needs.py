"""Which Secrets a system needs, and what is known of their values."""

import re

import pytest

import novaplan
from novaplan.render.assembly import assemble
from novaplan.render.context import Context
from novaplan.render.credentials import Key, SecretNeed
from novaplan.render.render import render_manifests
from novaplan.render.secrets.needs import SecretsError, needs
from novaplan.render.secrets.values import generated_values
from novaplan.render.settings import Ingress, Settings
from novaplan.topology.datastore import Database, Datastore, Managed, Sentinel
from novaplan.topology.service import Container, EnvVar, KeyRef, Port, Service
from novaplan.topology.system import Topology
from novaplan.topology.wiring import Backend, Dependency, Route, Secret, SecretKey


def variable(name, secret, key):
    return EnvVar(name=name, secret=KeyRef(name=secret, key=key))


def service(name, *variables, **more):
    return Service(name=name, containers=(Container(name=name, env=variables),), **more)


def system(*keys, kind="postgres", services=None, dependencies=None, datastore=None):
    """One service with one secret of ``keys``, and one datastore that it writes to."""
    store = datastore or Datastore(
        name="db", kind=kind, databases=(Database(name="shop"),) if kind == "postgres" else ()
    )
    edge = Dependency(client="web-api", server="db", mode="writes", database="shop" if kind == "postgres" else None)
    return Topology(
        name="shop",
        services=services or (service("web-api", *(variable(f"V{n}", "web", key.name) for n, key in enumerate(keys))),),
        datastores=(store,),
        dependencies=dependencies if dependencies is not None else (edge,),
        secrets=(Secret(name="web", keys=keys),),
    )


def recipes(topology, *, secret="web", **settings):
    found = needs(Context(topology, Settings(**settings)))
    return {key.name: key.recipe for need in found if need.name == secret for key in need.keys}


def key(name, opens="datastore:db", **more):
    return SecretKey(name=name, opens=opens, **more)


def test_the_name_of_a_key_says_what_of_a_login_it_holds():
    names = ("url", "DATABASE_URI", "password", "db.password", "user", "dbName", "host", "port", "endpoint")
    found = recipes(system(*map(key, names)))
    login = "postgres://web_api:{db/web_api}@db:5432/shop"
    assert found == {
        "url": login,
        "DATABASE_URI": login,
        "password": "{db/web_api}",
        "db.password": "{db/web_api}",
        "user": "web_api",
        "dbName": "shop",
        "host": "db",
        "port": "5432",
        "endpoint": "db:5432",
    }


@pytest.mark.parametrize("name", ["jdbc-url", "licence", "certificate", "token-signer"])
def test_what_a_name_does_not_tell_is_left_to_a_person(name):
    assert recipes(system(key(name))) == {name: None}


def test_a_key_that_opens_nothing_known_is_left_to_a_person():
    for opens in (None, "external:pay", "datastore:gone", "database:gone/shop"):
        assert recipes(system(key("url", opens))) == {"url": None}


def test_the_database_and_the_logical_db_are_those_it_opens():
    assert recipes(system(key("url", "database:db/shop"))) == {"url": "postgres://web_api:{db/web_api}@db:5432/shop"}
    assert recipes(system(key("url", "logical-db:db/3"), kind="redis")) == {"url": "redis://:{db/server}@db:6379/3"}


def test_with_one_logical_db_the_address_names_it():
    edges = (Dependency(client="web-api", server="db", mode="writes", logical_db=2),)
    assert recipes(system(key("url"), kind="redis", dependencies=edges)) == {"url": "redis://:{db/server}@db:6379/2"}


def test_with_sentinels_a_client_asks_them_for_the_master():
    store = Datastore(name="db", kind="redis", deployment=Sentinel(type="sentinel", members=3, sentinels=3, quorum=2))
    found = recipes(system(key("url"), key("password"), kind="redis", datastore=store))
    assert found["url"].startswith("redis-sentinel://:{db/server}@db-sentinel:26379/0?")
    assert found["password"] == "{db/server}"


def test_a_dependency_may_say_which_secret_opens_it():
    edge = Dependency(
        client="web-api", server="db", mode="writes", database="shop", secret=KeyRef(name="web", key="password")
    )
    assert recipes(system(SecretKey(name="password"), dependencies=(edge,))) == {"password": "{db/web_api}"}


def test_two_services_that_share_a_key_are_two_users():
    both = (service("web-api", variable("A", "web", "url")), service("jobs", variable("A", "web", "url")))
    edges = tuple(Dependency(client=name, server="db", database="shop") for name in ("web-api", "jobs"))
    assert recipes(system(key("url"), services=both, dependencies=edges)) == {"url": None}
    assert recipes(system(key("url"), services=both, dependencies=edges[:1]))["url"] is not None


def test_what_somebody_else_runs_is_reached_where_the_settings_say():
    store = Datastore(name="db", kind="kafka", port=9092)
    asked = system(key("brokers"), key("password"), kind="kafka", datastore=store)
    assert recipes(asked) == {"brokers": None, "password": None}
    found = recipes(asked, externals={"db": "kafka.example.org"})
    assert found == {"brokers": "db:9092", "password": None}


def test_keys_that_containers_name_are_needed_though_no_secret_is_listed():
    topology = Topology(services=(service("api", variable("A", "unlisted", "token")),))
    (need,) = needs(Context(topology, Settings(namespace="web")))
    assert need == SecretNeed("unlisted", "web", (Key("token"),), generated_for="service:api")


def test_certificates_are_needed_where_the_route_is_answered():
    route = Route(host="a.example", path="/", tls=True, backends=(Backend(service="api", port="http"),))
    topology = Topology(services=(service("api", ports=(Port(name="http", port=80),)),), routes=(route,))
    assert needs(Context(topology, Settings())) == ()
    (need,) = needs(Context(topology, Settings(namespace="web", ingress=Ingress(tls_secret="cert"))))
    assert (need.name, need.namespace, need.type) == ("cert", "web", "kubernetes.io/tls")
    assert [item.name for item in need.keys] == ["tls.crt", "tls.key"]


def test_one_key_cannot_hold_two_values():
    server = SecretNeed("web", None, (Key("url", recipe="other"),), generated_for="datastore:db")
    with pytest.raises(SecretsError, match="Secret web would hold two different values under the key url"):
        needs(Context(system(key("url")), Settings()), [server])
    (need,) = needs(
        Context(system(key("licence")), Settings()), [SecretNeed("web", None, (Key("licence", recipe="x"),))]
    )
    assert need.keys[0].recipe == "x"
    assert need.generated_for is None


@pytest.mark.parametrize("name", ["current", "target", "shop", "shop-target"])
def test_every_password_of_a_client_is_one_that_a_server_knows(name):
    bundle = assemble(Context(novaplan.load(name), Settings()))
    held = {item.recipe for need in bundle.needs for item in need.keys if item.recipe}
    alone = {recipe for recipe in held if re.fullmatch(r"\{[^{}]+\}", recipe)}
    used = {text for recipe in held for text in re.findall(r"\{[^{}]+\}", recipe)}
    assert used <= alone
    assert (len(alone) > 2) == (name in ("current", "target"))


@pytest.mark.parametrize("form", ["placeholder", "generate", "external-secrets"])
def test_no_value_and_no_recipe_stands_in_any_file(form):
    tree = render_manifests(novaplan.load("target"), secrets=form)
    generated_values(tree.needs)
    for path, file in tree.files.items():
        assert "{postgres/" not in file.text, path
        assert "{redis/" not in file.text, path
        assert not re.search(r"://[^/\s'\"]*:[^/@\s'\"{$]+@", file.text), path


def test_a_servers_own_variables_without_a_value_are_needed_too():
    env = (EnvVar(name="POSTGRES_PASSWORD"), EnvVar(name="LICENCE"))
    store = Datastore(name="db", kind="postgres", env=env)
    made = assemble(Context(system(datastore=store), Settings()))
    (found,) = (need for need in made.needs if need.name == "db-values")
    assert {key.name: key.recipe for key in found.keys} == {"POSTGRES_PASSWORD": "{db/postgres}", "LICENCE": None}
    named = re.findall(r"'name': 'db-values', 'key': '([A-Z_]+)'", str(made.manifests))
    assert sorted(named) == ["LICENCE", "POSTGRES_PASSWORD"]
    elsewhere = system(datastore=store.model_copy(update={"deployment": Managed(type="managed")}))
    assert "db-values" not in {need.name for need in assemble(Context(elsewhere, Settings())).needs}
