"""The deploy script, run against a stand-in for kubectl that plays what a cluster may do."""

import contextlib
import os
import pty
import re
import shutil
import subprocess

import pytest
import yaml

import novaplan
from novaplan.documents import writer
from novaplan.render.assembly import assemble
from novaplan.render.context import Context
from novaplan.render.guides.facts import Facts
from novaplan.render.guides.script import kind_config, script
from novaplan.render.settings_storage import load_render_settings
from novaplan.topology.base import replace
from novaplan.topology.datastore import Datastore, Patroni
from novaplan.topology.service import Container, Resources
from tests.render.guides.conftest import TOPOLOGY, Cluster, rendered

SHELLCHECK = shutil.which("shellcheck")


def positions(calls, *texts):
    """Where each of the texts first stands among the calls."""
    flat = [" ".join(call) for call in calls]
    return [next(index for index, line in enumerate(flat) if text in line) for text in texts]


def test_everything_is_deployed_in_order_and_waited_for(cluster):
    done = cluster.run("deploy")
    assert done.returncode == 0, done.stderr
    assert "Everything is ready" in done.stdout
    assert "https://shop.example/" in done.stdout
    assert "kubectl -n web port-forward service/api 8080:80" in done.stdout
    order = positions(
        cluster.calls(),
        "create namespace data",
        "microservices-secrets.yaml",
        "redis-sentinel-statefulset.yaml",
        "rollout status statefulset/redis",
        "microservices-deployments.yaml",
        "rollout status deployment/api",
        "rollout status deployment/pages",
    )
    assert order == sorted(order)
    assert not cluster.calls("delete")


def test_it_may_run_twice(cluster):
    assert cluster.run("deploy").returncode == 0
    done = cluster.run("deploy")
    assert done.returncode == 0, done.stderr
    assert not cluster.calls("create")
    assert cluster.state["namespaces"]["data"] == {"novaplan.dev/created": "shop"}


def test_it_runs_from_any_folder(cluster, tmp_path, monkeypatch):
    monkeypatch.chdir("/")
    assert cluster.run("deploy").returncode == 0


def test_what_is_never_ready_fails_with_its_name(cluster):
    cluster.play(late=["deployment/api", "statefulset/other"])
    done = cluster.run("deploy", "--timeout", "1")
    assert done.returncode == 1
    assert "Not everything is ready:" in done.stderr
    assert "web deployment/api: not ready within 1 s" in done.stderr
    assert "pages" not in done.stderr
    assert "Everything is ready" not in done.stdout


def test_services_wait_for_datastores(cluster):
    cluster.play(late=["statefulset/redis"])
    done = cluster.run("deploy", "--timeout=1")
    assert done.returncode == 1
    assert "data statefulset/redis: not ready within 1 s" in done.stderr
    assert not [call for call in cluster.calls("apply") if "microservices-deployments" in " ".join(call)]


def test_what_cannot_start_is_not_waited_for(cluster):
    cluster.play(late=["deployment/api"], reasons={"app.kubernetes.io/name=api": ["ImagePullBackOff"]})
    done = cluster.run("deploy", "--timeout", "60")
    assert done.returncode == 1
    assert "deployment/api: pod-0: ImagePullBackOff" in done.stderr


def test_without_a_cluster_it_says_how_to_start_one(cluster):
    cluster.play(down=True)
    done = cluster.run("deploy")
    assert done.returncode == 1
    assert "No cluster answers in the context kind-shop." in done.stderr
    assert "kind create cluster" in done.stderr
    assert "minikube start --cni=calico --nodes 3" in done.stderr
    assert not cluster.calls("apply")


def test_without_kubectl_it_says_so(cluster, tmp_path):
    tools = tmp_path / "few"
    tools.mkdir()
    for name in ("bash", "dirname", "env"):
        (tools / name).symlink_to(shutil.which(name))
    done = cluster.run("deploy", PATH=str(tools))
    assert done.returncode == 1
    assert "kubectl is not installed." in done.stderr


def test_missing_keys_are_listed_before_anything_starts(cluster):
    cluster.play(secrets={"web/api": ["redis-url"]})
    done = cluster.run("deploy")
    assert done.returncode == 1
    assert "data/redis-credentials  password" in done.stderr
    assert "web/api  licence" in done.stderr
    assert "redis-url" not in done.stderr
    assert "flag" not in done.stderr
    assert not [call for call in cluster.calls("apply") if "statefulset" in " ".join(call)]


VALUES = [
    {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "redis-credentials", "namespace": "data"},
        "data": {"password": "eA=="},
    },
    {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "api", "namespace": "web"},
        "data": {"redis-url": "eA==", "licence": "eA=="},
    },
]


def test_values_beside_the_folder_are_applied_where_none_are(cluster):
    cluster.play(secrets={})
    (cluster.folder.parent / "out-secrets.yaml").write_text(writer.dump_all(VALUES))
    done = cluster.run("deploy")
    assert done.returncode == 0, done.stderr
    (call,) = cluster.calls("--server-side")
    assert call[-1].endswith("/out-secrets.yaml")
    again = cluster.run("deploy")
    assert again.returncode == 0
    assert not cluster.calls("--server-side")
    assert "kept" in again.stdout


def test_values_that_servers_run_with_are_never_mixed_with_others(cluster, tmp_path):
    cluster.play(secrets={"data/redis-credentials": ["password"]})
    values = tmp_path / "values.yaml"
    values.write_text(writer.dump_all(VALUES))
    done = cluster.run("deploy", "--secrets", str(values))
    assert done.returncode == 1
    assert "missing: web/api  redis-url" in done.stderr
    assert f"apply --server-side --field-manager=novaplan-values --filename={values}" in done.stderr
    assert not cluster.calls("--server-side")


def test_a_key_that_was_added_to_the_values_is_not_applied_unasked(cluster, tmp_path):
    cluster.play(secrets={"data/redis-credentials": ["password"], "web/api": ["redis-url"]})
    values = tmp_path / "values.yaml"
    values.write_text(writer.dump_all(VALUES))
    done = cluster.run("deploy", "--secrets", str(values))
    assert done.returncode == 1
    assert f"If {values} holds them: kubectl apply --server-side" in done.stderr
    assert not cluster.calls("--server-side")


def test_a_file_of_values_that_is_not_there_is_an_error(cluster):
    done = cluster.run("deploy", "--secrets", "nowhere.yaml")
    assert done.returncode == 1
    assert "There is no file nowhere.yaml." in done.stderr


def test_one_node_is_too_few_for_pods_that_keep_apart(cluster):
    cluster.play(nodes=[{"labels": {"kubernetes.io/hostname": "only"}}])
    done = cluster.run("deploy")
    assert done.returncode == 1
    assert (
        "statefulset/redis puts each of its 3 pods on another kubernetes.io/hostname; 1 of them take pods"
        in done.stderr
    )
    assert "kind-config > kind.yaml" in done.stderr
    assert not cluster.calls("apply")


@pytest.mark.parametrize(
    "spoilt", [{"cordoned": True}, {"taints": ["NoSchedule"]}, {"taints": ["NoExecute"]}, {"ready": "Unknown"}]
)
def test_nodes_that_take_no_pods_do_not_count(cluster, spoilt):
    nodes = cluster.state["nodes"]
    cluster.play(nodes=[{**nodes[0], **spoilt}, *nodes[1:]])
    assert "2 of them take pods here" in cluster.run("deploy").stderr
    cluster.play(nodes=[{**nodes[0], "taints": ["PreferNoSchedule"]}, *nodes[1:]])
    assert cluster.run("deploy").returncode == 0


@pytest.mark.parametrize(
    ("cpu", "memory", "message"),
    [
        ("100m", "8Gi", "All pods together ask for 900m of CPU; the nodes that take pods have 300m."),
        ("1", "102400Ki", "All pods together ask for 768Mi of memory; the nodes that take pods have 300Mi."),
        ("4", "16Gi", None),
        ("2500m", "8000000000", None),
        ("", "", None),
    ],
)
def test_all_pods_together_need_room(tmp_path, cpu, memory, message):
    asked = Resources.model_validate({"requests": {"cpu": "300m", "memory": "256Mi"}})
    service = TOPOLOGY.services[0]
    roomy = replace(service, containers=(Container(name="api", resources=asked),))
    cluster = Cluster(tmp_path, rendered(topology=replace(TOPOLOGY, services=(roomy, *TOPOLOGY.services[1:]))))
    nodes = [{**node, "allocatable": {"cpu": cpu, "memory": memory}} for node in cluster.state["nodes"]]
    cluster.play(nodes=nodes)
    done = cluster.run("deploy")
    assert done.returncode == (0 if message is None else 1)
    assert message is None or message in done.stderr


def test_a_claim_needs_a_default_class(cluster):
    cluster.play(storage={"slow": False})
    done = cluster.run("deploy")
    assert done.returncode == 1
    assert "There is no default storage class" in done.stderr


def test_a_missing_ingress_controller_is_only_a_hint(cluster):
    cluster.play(ingress=[])
    done = cluster.run("deploy")
    assert done.returncode == 0
    assert "no Ingress controller serves the class nginx" in done.stderr


def test_a_context_that_looks_far_away_is_asked_about(cluster):
    cluster.play(context="production-eu")
    done = cluster.run("deploy", answer="n\n")
    assert done.returncode == 1
    assert "The context production-eu does not look like a cluster on this machine" in done.stderr
    assert not cluster.calls("apply")
    assert cluster.run("deploy", answer="y\n").returncode == 0
    assert cluster.run("deploy", "--yes").returncode == 0
    assert cluster.run("deploy", "--context", "production-eu").returncode == 0
    assert all(call[:2] == ["--context", "production-eu"] for call in cluster.calls())


def test_status_tells_who_leads_and_fails_while_something_is_late(cluster):
    cluster.run("deploy")
    done = cluster.run("status")
    assert done.returncode == 0, done.stderr
    assert "Everything is ready." in done.stdout
    assert "leader: me" in done.stdout
    (call,) = cluster.calls("exec")
    assert call[:5] == ["--namespace", "data", "exec", "statefulset/redis", "--container=redis"]
    cluster.play(late=["deployment/pages"])
    done = cluster.run("status")
    assert done.returncode == 1
    assert "not ready  web deployment/pages" in done.stdout


def test_logs_are_those_of_one_component(cluster):
    done = cluster.run("logs", "redis", "--follow")
    assert done.returncode == 0
    assert done.stdout == "[app.kubernetes.io/name=redis] a line\n"
    assert "--follow" in cluster.calls("logs")[0]
    done = cluster.run("logs", "nobody")
    assert done.returncode == 1
    assert "There is no service or datastore nobody; known:\n  api\n  nightly\n  pages\n  redis" in done.stderr


def test_cleanup_asks_and_keeps_what_holds_data(cluster):
    cluster.run("deploy")
    for answer in ("n\n", "", "nope\n"):
        refused = cluster.run("cleanup", answer=answer)
        assert refused.returncode == 1
        assert "Nothing was deleted." in refused.stderr
        assert not cluster.calls("delete")
    cluster.play(claims={"data": ["data-redis-0"]})
    done = cluster.run("cleanup", answer="y\n")
    assert done.returncode == 0, done.stderr
    deleted = [" ".join(call) for call in cluster.calls("delete")]
    assert len(deleted) == 2
    ours = "--selector=app.kubernetes.io/part-of=shop,app.kubernetes.io/managed-by=novaplan"
    assert all(ours in call for call in deleted)
    assert not [call for call in deleted if "secret" in call or "delete namespace" in call or "claim" in call]


def test_cleanup_with_volumes_takes_storage_secrets_and_its_own_namespaces(cluster):
    cluster.play(namespaces={"web": {}})
    cluster.run("deploy")
    cluster.play(claims={"data": ["data-redis-0", "data-redis-12", "data-redis-exporter-0", "other-redis-0"]})
    done = cluster.run("cleanup", "--volumes", "--yes")
    assert done.returncode == 0, done.stderr
    deleted = [" ".join(call) for call in cluster.calls("delete")]
    assert [call for call in deleted if "secret" in call]
    assert [call.split()[3] for call in deleted if "persistentvolumeclaim/" in call] == [
        "persistentvolumeclaim/data-redis-0",
        "persistentvolumeclaim/data-redis-12",
    ]
    # The script made "data"; "web" was there before.
    assert cluster.state["namespaces"] == {"web": {}}


def test_a_lease_goes_with_its_data_and_never_without(tmp_path):
    """A new server would take the lease of data that are gone for its own, and not start."""
    store = Datastore(name="db", kind="postgres", namespace="data", deployment=Patroni(type="patroni", members=3))
    cluster = Cluster(tmp_path, rendered(topology=replace(TOPOLOGY, datastores=(*TOPOLOGY.datastores, store))))
    cluster.run("deploy")
    cluster.run("cleanup", "--yes")
    assert not [call for call in cluster.calls("delete") if "db-leader" in call]
    cluster.run("cleanup", "--yes", "--volumes")
    (call,) = (call for call in cluster.calls("delete") if "db-leader" in call)
    assert call[:4] == ["--namespace", "data", "delete", "configmap"]


@pytest.mark.parametrize(
    "theirs",
    [
        "pod/bare",
        "deployment.apps/theirs",
        "ingress.networking.k8s.io/theirs",
        "role.rbac.authorization.k8s.io/theirs",
        "widget.example.org/theirs",
    ],
)
@pytest.mark.parametrize("labels", [{}, {"app.kubernetes.io/part-of": "shop", "app.kubernetes.io/managed-by": "Helm"}])
def test_a_namespace_that_others_use_stays(cluster, theirs, labels):
    cluster.run("deploy")
    cluster.play(objects={"data": {"configmap/kube-root-ca.crt": {}, theirs: labels}})
    done = cluster.run("cleanup", "--volumes", "--yes")
    assert f"The namespace data stays: others have put things into it: {theirs}" in done.stderr
    assert set(cluster.state["namespaces"]) == {"data"}


def test_what_is_its_own_or_made_by_kubernetes_keeps_no_namespace(cluster):
    cluster.run("deploy")
    own = {"app.kubernetes.io/part-of": "shop", "app.kubernetes.io/managed-by": "novaplan"}
    held = {"configmap/kube-root-ca.crt": {}, "serviceaccount/default": {}, "event/api.1": {}, "pod/redis-0": own}
    cluster.play(objects={"data": held})
    assert cluster.run("cleanup", "--volumes", "--yes").returncode == 0
    assert not cluster.state["namespaces"]


def test_a_namespace_that_cannot_be_looked_through_stays(cluster):
    cluster.run("deploy")
    cluster.play(forbidden=True)
    done = cluster.run("cleanup", "--volumes", "--yes")
    assert "The namespace data stays: what else is in it cannot be listed." in done.stderr
    assert set(cluster.state["namespaces"]) == {"data", "web"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("fly",), "There is no verb fly."),
        (("deploy", "now"), "deploy takes no further words."),
        (("logs",), "logs takes the name of one"),
        (("deploy", "--timeout", "soon"), "--timeout needs a whole number of seconds."),
        (("deploy", "--timeout"), "--timeout needs a value."),
        (("deploy", "--force"), "There is no option --force."),
    ],
)
def test_wrong_usage_is_status_2_and_changes_nothing(cluster, words, message):
    done = cluster.run(*words)
    assert done.returncode == 2
    assert message in done.stderr
    assert "help" in done.stderr
    assert not cluster.calls()


@pytest.mark.parametrize("words", [(), ("help",), ("--help",), ("deploy", "-h")])
def test_help_needs_no_cluster(cluster, words):
    done = cluster.run(*words)
    assert done.returncode == 0
    for word in ("deploy", "status", "logs SERVICE", "cleanup", "--volumes", "--context"):
        assert word in done.stdout
    assert not cluster.calls()


def test_there_is_no_colour_in_a_pipe(cluster):
    assert "\033" not in cluster.run("deploy").stdout


@pytest.mark.parametrize(("setting", "coloured"), [({}, True), ({"NO_COLOR": ""}, True), ({"NO_COLOR": "1"}, False)])
def test_colour_is_for_terminals_that_want_it(cluster, setting, coloured):
    environment = {name: value for name, value in cluster.environment.items() if name != "NO_COLOR"}
    leader, follower = pty.openpty()
    with subprocess.Popen([cluster.script, "status"], stdout=follower, env={**environment, **setting}) as running:
        os.close(follower)
        shown = b""
        with contextlib.suppress(OSError):  # the end of a terminal
            while part := os.read(leader, 4096):
                shown += part
        assert running.wait(60) == 0
    os.close(leader)
    assert (b"\033[1m" in shown) == coloured


def test_the_configuration_for_kind_has_nodes_enough(cluster, facts):
    shown = cluster.run("kind-config").stdout
    assert shown == kind_config(facts)
    config = yaml.safe_load(shown)
    assert [node["role"] for node in config["nodes"]] == ["control-plane", "worker", "worker", "worker"]
    assert not cluster.calls()


def test_an_operator_is_asked_for_and_its_secrets_are_waited_for(tmp_path):
    cluster = Cluster(tmp_path, rendered("external-secrets"))
    done = cluster.run("deploy")
    assert "The cluster does not know externalsecrets.external-secrets.io" in done.stderr
    cluster.play(definitions=["externalsecrets.external-secrets.io"])
    assert cluster.run("deploy").returncode == 0


@pytest.mark.skipif(SHELLCHECK is None, reason="shellcheck is not installed")
@pytest.mark.parametrize("form", ["placeholder", "external-secrets"])
def test_shellcheck_finds_nothing(tmp_path, form):
    file = tmp_path / "deploy.sh"
    file.write_text(script(rendered(form)))
    done = subprocess.run([SHELLCHECK, str(file)], capture_output=True, text=True)
    assert done.stdout == ""
    assert done.returncode == 0


KUBECTL = shutil.which("kubectl")


@pytest.mark.skipif(KUBECTL is None, reason="kubectl is not installed")
def test_kubectl_itself_knows_every_option(cluster, tmp_path):
    """Where there is no cluster, kubectl complains of that and of nothing else."""
    cluster.play(claims={"data": ["data-redis-0"]}, late=["deployment/pages"])
    asked = set()
    for words in (
        ("deploy", "--timeout=1"),
        ("status",),
        ("logs", "api", "--follow"),
        ("cleanup", "--volumes", "--yes"),
    ):
        cluster.run(*words)
        asked.update(map(tuple, cluster.calls()))
    asked.add(("apply", "--server-side", "--field-manager=novaplan-values", f"--filename={tmp_path}/values.yaml"))
    (tmp_path / "values.yaml").write_text(writer.dump_all(VALUES))
    (tmp_path / "config").write_text("")
    for call in sorted(asked):
        if call[0] == "config":
            continue
        done = subprocess.run(
            [KUBECTL, "--server=http://127.0.0.1:9", *call],
            env={"KUBECONFIG": str(tmp_path / "config"), "HOME": str(tmp_path)},
            capture_output=True,
            text=True,
        )
        assert "127.0.0.1:9" in done.stderr, (call, done.stderr)
    assert len(asked) > 20


@pytest.mark.parametrize("system", ["target", "current", "shop-target"])
def test_the_samples_are_deployed_and_taken_away(tmp_path, system):
    """The real files, on a cluster that has what they ask for."""
    context = Context(novaplan.load(system), load_render_settings())
    bundle = assemble(context)
    made = {name: items for name, items in bundle.files.items() if items}
    cluster = Cluster(tmp_path, Facts(context, made, bundle.needs, "placeholder"))
    labels = [{"kubernetes.io/hostname": f"node-{n}", "topology.kubernetes.io/zone": f"zone-{n}"} for n in range(3)]
    secrets = {f"{need.namespace or ''}/{need.name}": [key.name for key in need.keys] for need in bundle.needs}
    cluster.play(nodes=[{"labels": each} for each in labels], secrets=secrets, storage={"standard": True})
    done = cluster.run("deploy")
    assert done.returncode == 0, done.stderr
    assert ("nothing measures pods here" in done.stderr) == any(item.autoscaling for item in context.topology.services)
    for service in context.topology.services:
        assert re.search(rf"ready .*/{service.name}$", done.stdout, re.MULTILINE)
    assert cluster.run("status").returncode == 0
    assert cluster.run("cleanup", "--volumes", "--yes").returncode == 0
    assert cluster.state["namespaces"] == {}
