"""Secrets as objects: names and keys, and never a value."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from novaplan.documents import reader, writer
from novaplan.render.context import Context
from novaplan.render.credentials import Key, SecretNeed
from novaplan.render.secrets import forms
from novaplan.render.settings import Settings
from novaplan.topology.system import Topology
from tests.strategies import labels, texts

CONTEXT = Context(Topology(name="Shop"), Settings(environment="staging"))
NEED = SecretNeed(
    "api", "web", (Key("flag", optional=True), Key("token", "from the vendor"), Key("url", "address", "x://{p}"))
)
TLS = SecretNeed("cert", "web", (Key("tls.crt"), Key("tls.key")), type="kubernetes.io/tls")
SERVER = SecretNeed("redis-credentials", "data", (Key("password", recipe="{p}"),), generated_for="datastore:redis")


@pytest.mark.parametrize("form", ["placeholder", "generate"])
def test_a_placeholder_has_no_data_so_kubernetes_starts_nothing_on_it(form):
    first, second = forms.objects(CONTEXT, [NEED, SERVER], form)
    assert first["kind"] == "Secret"
    assert not {"data", "stringData"} & first.keys()
    notes = first["metadata"]["annotations"]
    assert json.loads(notes[forms.KEYS]) == {"flag": "", "token": "from the vendor", "url": "address"}
    assert json.loads(notes[forms.OPTIONAL_KEYS]) == ["flag"]
    assert second["metadata"]["annotations"]["novaplan.dev/generated-for"] == "datastore:redis"


def test_a_secret_that_the_api_server_refuses_without_values_is_left_to_who_has_them():
    assert forms.objects(CONTEXT, [TLS], "placeholder") == []
    (external,) = forms.objects(CONTEXT, [TLS], "external-secrets")
    assert external["spec"]["target"]["template"] == {"type": "kubernetes.io/tls"}


def test_external_secrets_name_where_each_key_is():
    required, optional = forms.objects(CONTEXT, [NEED], "external-secrets")
    assert required["apiVersion"] == "external-secrets.io/v1"
    assert required["spec"] == {
        "refreshInterval": "1h",
        "secretStoreRef": {"kind": "ClusterSecretStore", "name": "cluster-secrets"},
        "target": {"name": "api", "creationPolicy": "Owner", "template": {"type": "Opaque"}},
        "data": [
            {"secretKey": "token", "remoteRef": {"key": "staging/shop/api", "property": "token"}},
            {"secretKey": "url", "remoteRef": {"key": "staging/shop/api", "property": "url"}},
        ],
    }
    # The operator makes nothing when one key is missing; what may be missing is asked for apart.
    assert optional["metadata"]["name"] == "api-optional-1"
    assert optional["spec"]["target"] == {"name": "api", "creationPolicy": "Merge"}
    assert [item["secretKey"] for item in optional["spec"]["data"]] == ["flag"]


@given(
    st.lists(st.builds(Key, labels(), texts(), st.none() | texts(), st.booleans()), max_size=3),
    st.sampled_from(("placeholder", "external-secrets", "generate")),
)
def test_any_text_survives_and_no_recipe_is_told(keys, form):
    need = SecretNeed("api", "web", tuple({key.name: key for key in keys}.values()))
    for item in forms.objects(CONTEXT, [need], form):
        (document,) = reader.parse(writer.dump(item))
        assert document.value == item
        told = item["metadata"].get("annotations", {}).get(forms.KEYS)
        assert told is None or json.loads(told) == {key.name: key.purpose for key in need.keys}
        assert not {"data", "stringData"} & item.keys()
