"""Objects that novaplan rendered: what was only made for the system is left out, and what was recorded is put back."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest

from novaplan.documents import writer
from novaplan.importers.kubernetes import import_objects
from novaplan.topology import records
from novaplan.topology.patch import between
from novaplan.topology.storage import loads
from tests.importers.kubernetes.conftest import Import, Write
from tests.importers.kubernetes.helpers import doubts, edges, refusal, running, store, workload
from tests.render.examples import bundle, one

MADE = {"novaplan.dev/generated-for": "service:web"}


def marked(text: str, **annotations: Any) -> str:
    """Manifests with annotations on the first of them; a dash in a name is written as an underscore."""
    import yaml

    found = list(yaml.safe_load_all(text))
    notes = {"novaplan.dev/" + name.replace("_", "-"): value for name, value in annotations.items()}
    found[0]["metadata"]["annotations"] = notes
    return writer.dump_all(found)


def record(before: str, after: str) -> str:
    return records.write(between(loads(before), loads(after)))


def test_objects_that_were_made_for_a_part_are_left_out(load: Import) -> None:
    settings = marked(store("ConfigMap", "web-config", {"API": "http://api:8080"}), generated_for="service:web")
    pooler = marked(workload("db-pooler", image="edoburu/pgbouncer"), generated_for="datastore:db")
    pod = {"envFrom": [{"configMapRef": {"name": "web-config"}}]}
    topology, report = load(running("api"), workload("web", container=pod), settings, pooler)

    assert set(topology.service) == {"api", "web"}
    assert edges(topology) == set()
    assert "ConfigMap 'web-config' is not here" in doubts(report)


def test_what_a_mark_names_inside_a_workload_is_left_out(load: Import) -> None:
    names = {
        "containers": ["proxy"],
        "initContainers": ["wait"],
        "volumes": ["scratch"],
        "env": ["API"],
        "envFrom": ["web-config"],
        "ports": ["admin"],
    }
    own = {"name": "web", "image": "web:1"}
    pod = {
        "containers": [
            {
                **own,
                "env": [{"name": "API", "value": "http://api:8080"}, {"name": "MODE", "value": "x"}],
                "envFrom": [{"configMapRef": {"name": "web-config"}}],
                "ports": [{"name": "http", "containerPort": 8080}, {"name": "admin", "containerPort": 9000}],
            },
            {"name": "proxy", "image": "envoy:1"},
        ],
        "initContainers": [{"name": "wait", "image": "busybox:1"}],
        "volumes": [{"name": "scratch", "ephemeral": {"volumeClaimTemplate": {"spec": {}}}}],
    }
    topology, _ = load(running("api"), marked(workload("web", pod=pod), generated=json.dumps(names)))
    service = topology.service["web"]

    assert [container.name for container in service.containers] == ["web"]
    assert [variable.name for variable in service.containers[0].env] == ["MODE"]
    assert [port.port for port in service.ports] == [8080]
    assert service.volumes == ()
    assert edges(topology) == set()


def test_a_workload_with_nothing_of_its_own_in_it_stays_and_so_do_the_objects() -> None:
    import yaml

    (item,) = yaml.safe_load_all(marked(workload("web"), generated='{"containers": ["main"]}'))
    before = json.dumps(item)
    topology, _ = import_objects([item])

    assert topology.service["web"].containers == ()
    assert json.dumps(item) == before


def test_a_record_is_put_back_and_names_the_system(load: Import) -> None:
    before = "services: [{name: web}]"
    after = "name: nova\nservices: [{name: web, description: pages}]\nexternals: [{name: mail}]"
    text = marked(workload("web"), record=record(before, after))
    topology, report = load(files={"deep/folder/a.yaml": text})

    assert topology.name == "system"  # the name the caller gave holds
    assert topology.service["web"].description == "pages"
    assert set(topology.external) == {"mail"}
    assert "1 record of what Kubernetes has no place for" in "\n".join(report.lines())


def test_the_name_comes_from_the_record_where_the_caller_gives_none() -> None:
    import yaml

    text = marked(workload("web"), record=record("{}", "name: nova"))
    topology, _ = import_objects(yaml.safe_load_all(text))

    assert topology.name == "nova"


def test_records_stand_in_config_maps_too(load: Import) -> None:
    text = record("{}", "externals: [{name: mail}]")
    kept = marked(store("ConfigMap", "record", {"record.json": text}), generated_for="system:")
    ignored = store("ConfigMap", "other", {"record.json": "not ours"})
    topology, _ = load(workload("web"), kept, ignored)

    assert set(topology.external) == {"mail"}


def test_what_a_record_settles_is_not_told_again(load: Import) -> None:
    pod = {"envFrom": [{"configMapRef": {"name": "gone"}}]}
    _, report = load(workload("web", container=pod))
    text = json.dumps({"settled": [note.message for note in report.uncertain]})
    _, quiet = load(marked(workload("web", container=pod), record=text))

    assert report.uncertain
    assert quiet.uncertain == ()


def test_what_no_longer_fits_is_told(load: Import) -> None:
    text = record("services: [{name: api}]", "services: [{name: api, description: x}]")
    _, report = load(marked(workload("web"), record=text))

    assert doubts(report) == (
        "uncertain: the record: service:api is not here any more; what was recorded of it was left out"
    )


def test_what_a_controller_made_carries_no_record_of_its_own(load: Import) -> None:
    owned = "ownerReferences: [{kind: Deployment, name: web, controller: true}]"
    notes = "annotations: {novaplan.dev/record: stale and broken}"
    pods = "template: {metadata: {labels: {app: web}}, spec: {containers: [{name: main}]}}"
    made = f"{{apiVersion: apps/v1, kind: ReplicaSet, metadata: {{name: web-1, {owned}, {notes}}}, spec: {{{pods}}}}}\n"
    topology, _ = load(workload("web"), made)

    assert set(topology.service) == {"web"}


@pytest.mark.parametrize(
    ("annotations", "said"),
    [
        ({"record": "x"}, "novaplan.dev/record: is no record that novaplan wrote"),
        ({"record": 7}, "novaplan.dev/record: is no record that novaplan wrote"),
        ({"generated": "x"}, "novaplan.dev/generated: should be a JSON object of lists of names"),
        ({"generated": "[" * 100_000}, "novaplan.dev/generated: should be a JSON object of lists of names"),
        ({"generated": '{"env": "X"}'}, "novaplan.dev/generated: should be a JSON object of lists of names"),
        ({"generated": None}, ""),
    ],
)
def test_what_novaplan_did_not_write_is_one_clear_line(write: Write, annotations: dict[str, Any], said: str) -> None:
    write({"a.yaml": "# a comment\n" + marked(workload("web"), **annotations)})
    if said:
        text = refusal()
        assert text.startswith("a.yaml:")
        assert said in text
        assert len(text.splitlines()) == 1
    else:
        from novaplan.importers.kubernetes import import_kubernetes

        assert set(import_kubernetes(["a.yaml"])[0].service) == {"web"}


def test_values_of_secrets_that_were_rendered_tell_nothing_new(load: Import) -> None:
    """The record knows what they open; values come to them later, in the cluster or in a file beside the manifests."""
    import yaml

    user = {"URL": {"secretKeyRef": {"name": "access", "key": "url"}}}
    web = workload("web", env=user)
    empty = yaml.safe_load(marked("{apiVersion: v1, kind: Secret, metadata: {name: access}}", keys='{"url": ""}'))
    empty["metadata"]["labels"] = {"app.kubernetes.io/managed-by": "novaplan"}
    filled = {**empty, "stringData": {"url": "redis://cache:6379/3"}}
    beside = store("Secret", "access", {"url": "redis://cache:6379/3"})
    kept = marked(store("ConfigMap", "record", {"record.json": "{}"}), generated_for="system:")

    for secrets in ([writer.dump(filled)], [writer.dump(empty), beside], [beside, writer.dump(empty)]):
        alone, _ = load(web, *secrets)
        topology, report = load(web, kept, *secrets)
        assert [[key.name for key in secret.keys] for secret in topology.secrets] == [["url"]]
        assert topology.dependencies == ()
        assert doubts(report) == ""
        assert alone.dependencies or secrets[-1] != beside


def test_values_beside_what_was_made_are_left_out_too(load: Import) -> None:
    made = marked("{apiVersion: v1, kind: Secret, metadata: {name: passwords}}", generated_for="datastore:db")
    topology, _ = load(made, store("Secret", "passwords", {"root": "x"}))

    assert topology.secrets == ()


# ---------------------------------------------------------------- what Secrets are made of

EXTERNAL = """\
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: %s, namespace: shop}
spec:
  secretStoreRef: {kind: ClusterSecretStore, name: vault}
  target: {name: access, template: {type: Opaque}}
  data: [{secretKey: %s, remoteRef: {key: x}}]
"""
SEALED = """\
apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata: {name: access, namespace: shop}
spec:
  encryptedData: {url: AgB, password: AgC}
  template: {metadata: {name: access, namespace: shop}, type: example.com/access}
"""
USER = {"DB_PASSWORD": {"secretKeyRef": {"name": "access", "key": "password"}}}


def test_external_secrets_are_the_secret_they_fill(load: Import) -> None:
    both = EXTERNAL % ("access", "password") + "---\n" + EXTERNAL % ("access-optional", "url")
    topology, report = load(both, workload("web", namespace="shop", env=USER))
    (secret,) = topology.secrets

    assert (secret.namespace, secret.name, [key.name for key in secret.keys]) == ("shop", "access", ["password", "url"])
    assert topology.unmodelled == ()
    assert doubts(report) == ""


def test_a_template_says_which_keys_come_out(load: Import) -> None:
    text = (EXTERNAL % ("access", "password")).replace("{type: Opaque}", '{data: {url: "redis://{{ .password }}"}}')
    topology, _ = load(text)
    merged, _ = load(text.replace("{data:", "{mergePolicy: Merge, data:"))

    assert [key.name for key in topology.secrets[0].keys] == ["url"]
    assert [key.name for key in merged.secrets[0].keys] == ["password", "url"]


def test_keys_that_only_the_store_knows_are_told(load: Import) -> None:
    _, report = load(
        (EXTERNAL % ("access", "password")).replace("  data:", "  dataFrom: [{extract: {key: x}}]\n  data:")
    )

    assert "ExternalSecret access: which keys it finds in its store is not known" in doubts(report)


def test_sealed_secrets_are_the_secret_they_open_to(load: Import) -> None:
    topology, report = load(SEALED, workload("web", namespace="shop", env=USER))
    (secret,) = topology.secrets

    assert (secret.type, [key.name for key in secret.keys]) == ("example.com/access", ["password", "url"])
    assert topology.unmodelled == ()
    assert doubts(report) == ""


def test_a_secret_that_is_here_itself_counts_alone(load: Import) -> None:
    topology, _ = load(store("Secret", "access", {"password": "x"}, namespace="shop"), SEALED)

    assert [[key.name for key in secret.keys] for secret in topology.secrets] == [["password"]]


def test_a_secret_without_values_says_which_keys_it_needs(load: Import) -> None:
    empty = marked(
        "{apiVersion: v1, kind: Secret, metadata: {name: access, namespace: shop}}",
        keys='{"password": "of the database"}',
    )
    topology, report = load(empty, workload("web", namespace="shop", env=USER))

    assert [key.name for key in topology.secrets[0].keys] == ["password"]
    assert doubts(report) == ""


@pytest.mark.parametrize("keys", ["x", "[]", None, 7, "[" * 100_000])
def test_keys_that_nobody_can_read_are_none(load: Import, keys: Any) -> None:
    topology, _ = load(marked("{apiVersion: v1, kind: Secret, metadata: {name: access}}", keys=keys))

    assert topology.secrets[0].keys == ()


@pytest.mark.parametrize(
    ("server", "replicas", "said"),
    [
        ("redis", 5, ["there are 5 of redis, and its configuration names 3: render it again"]),
        ("postgres", 2, ["there are 2 of postgres, and its configuration names 3: render it again"]),
        ("redis", 3, []),
    ],
)
def test_servers_that_outgrew_their_configuration(server: str, replicas: int, said: list[str]) -> None:
    made = deepcopy(bundle("target").manifests)
    one(made, "StatefulSet", server)["spec"]["replicas"] = replicas
    topology, told = import_objects(made)
    assert topology.datastore[server].members == replicas
    assert [note.message for note in told.uncertain] == said
