"""The guides: what they name exists, what they count is computed, and they are there for any system."""

import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import novaplan
from novaplan.capacity.recovery import recovery
from novaplan.errors import InputError
from novaplan.render.guides.guides import GUIDES
from novaplan.render.guides.words import reason, vocabulary
from novaplan.render.render import render_manifests
from novaplan.render.settings import Settings
from novaplan.topology.base import replace
from novaplan.topology.datastore import Cluster, Datastore, Etcd, Kafka, Managed, Patroni, Sentinel, Standalone
from novaplan.topology.service import Probe, Service
from novaplan.topology.system import Topology
from tests.render.guides.reading import Rendered, commands
from tests.strategies import topologies

TEMPLATES = Path(__file__).parents[3] / "novaplan" / "render" / "guides" / "templates"
SYSTEMS = ("current", "target", "shop", "shop-target")
LANGUAGES = ("en", "zh")
KUBECTL = shutil.which("kubectl")


@cache
def tree(system, language):
    return render_manifests(novaplan.load(system), language=language)


def guides(found):
    return {purpose: found.files[name].text for purpose, name in GUIDES.items()}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("system", SYSTEMS)
def test_everything_that_a_command_names_exists(system, language):
    found = tree(system, language)
    rendered = Rendered(found)
    seen = 0
    for name, text in guides(found).items():
        for words in commands(text):
            seen += 1
            assert rendered.problem(words) is None, f"{name}: {words}"
    assert seen > 20


def test_the_reader_of_commands_sees_what_is_wrong():
    rendered = Rendered(tree("target", "en"))
    wrong = {
        "kubectl -n nowhere get pods": "no namespace nowhere",
        "kubectl -n nova-redis rollout status statefulset/rediss --timeout=9s": "no statefulset/rediss in nova-redis",
        "kubectl -n nova-redis exec statefulset/redis --container=nginx -- ls": "no container nginx",
        "kubectl -n nova-services port-forward service/api-service 8080:81": "no port 81 of service/api-service",
        "kubectl -n nova-redis get pods --selector=app.kubernetes.io/name=api": "nobody has",
        "kubectl apply --filename=other.yaml": "no file other.yaml",
        "kubectl fly": "unknown verb fly",
        "./deploy-local-k8s.sh fly": "no verb fly",
        "rm -rf /": "unknown program",
    }
    for line, message in wrong.items():
        (words,) = commands(f"```sh\n{line}\n```\n")
        assert message in rendered.problem(words)


@pytest.mark.parametrize("system", SYSTEMS)
def test_both_languages_show_the_same_commands_and_files(system):
    english, chinese = tree(system, "en"), tree(system, "zh")
    assert list(english.files) == list(chinese.files)
    for purpose in GUIDES:
        assert list(commands(guides(english)[purpose])) == list(commands(guides(chinese)[purpose]))


@pytest.mark.parametrize("system", SYSTEMS)
def test_chinese_guides_are_in_chinese(system):
    for text in guides(tree(system, "zh")).values():
        titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
        assert all(re.search("[\u4e00-\u9fff]", title) for title in titles)
        # A table's head is in the reader's language; its cells may be names.
        for head in re.findall(r"^\| (.*) \|\n\| (?:-|--)", text, re.MULTILINE):
            assert re.search("[\u4e00-\u9fff]", head)


def test_no_template_of_a_guide_has_a_figure_of_its_own():
    found = 0
    for template in sorted(TEMPLATES.glob("*/*.j2")):
        text = re.sub(r"\[\d\]|=\d\b", "", template.read_text())  # which cell of a row is meant
        assert not re.findall(r"\d", text), template.name
        found += 1
    assert found == 2 * len(GUIDES)


def test_no_template_names_a_sample():
    for template in TEMPLATES.rglob("*"):
        if template.is_file():
            assert not re.search(r"nova(?!plan)|shop|api-service|realtime", template.read_text(), re.IGNORECASE)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_figure_that_changes_in_the_topology_changes_in_the_guides(language):
    target = novaplan.load("target")
    redis, api = target.datastore["redis"], target.service["api-service"]
    before = guides(tree("target", language))
    others = tuple(item for item in target.datastores if item.name != "redis")
    slower = replace(redis, deployment=replace(redis.deployment, down_after=17_000))
    changed = replace(target, datastores=(*others, slower))
    after = guides(render_manifests(Topology(**dict(changed)), language=language))
    assert "17.2" in after["report"]
    assert "17.2" not in before["report"]
    assert "17.2" in after["summary"]
    services = tuple(item for item in target.services if item.name != "api-service")
    more = replace(target, services=(*services, replace(api, replicas=4)))
    after = guides(render_manifests(Topology(**dict(more)), language=language))
    pods = re.compile(r"^\| api-service \| (\d+) \| [\dm]+ \|", re.MULTILINE)
    assert pods.search(before["summary"]).group(1) == "3"
    assert pods.search(after["summary"]).group(1) == "4"


def test_the_total_is_that_of_what_is_deployed():
    target = novaplan.load("target")
    table = guides(tree("target", "en"))["summary"].partition("## Resources")[2].partition("##")[0]
    *listed, total = re.findall(r"^\| [^|]+ \| (\d+) \|", table, re.MULTILINE)
    elsewhere = sum(item.members for item in target.datastores if item.kind not in ("postgres", "redis"))
    assert sum(map(int, listed)) == int(total) == novaplan.totals(target).total.pods - elsewhere


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_report_of_a_sound_system_has_nothing_that_does_not_hold(language):
    told = vocabulary()["words"]["does not hold"][language]
    assert f"| {told} |\n" not in guides(tree("target", language))["report"]


def test_the_report_sees_what_does_not_hold():
    """Two owners of one Redis DB, a database that does not exist, two Sentinels, too few connections."""
    report = guides(tree("current", "en"))["report"]
    assert re.search(r"^\| redis \| 0 \| .*, .* \| does not hold \|$", report, re.MULTILINE)
    assert re.search(r"^\| postgres \|( \d+ \|)+ does not hold \|$", report, re.MULTILINE)
    target = novaplan.load("target")
    edges = tuple(
        replace(edge, database="nova_core", schemas=())
        if edge.client == "api-service" and edge.server == "postgres"
        else edge
        for edge in target.dependencies
    )
    wrong = Topology(**dict(replace(target, dependencies=edges)))
    report = guides(render_manifests(wrong))["report"]
    assert "| api-service | postgres | nova\\_core |  | does not hold |" in report


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_report_counts_its_own_lines(system):
    report = guides(tree(system, "en"))["report"]
    total, *counts = map(int, re.search(r"^\| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$", report, re.MULTILINE).groups())
    told = [
        len(re.findall(rf"\| {verdict} \|$", report, re.MULTILINE))
        for verdict in ("holds", "does not hold", "cannot be known")
    ]
    told[2] -= 1  # the head of that table
    assert counts == told
    assert total == sum(counts) > 5


def test_schemas_are_only_claimed_when_they_were_checked():
    assert "novaplan render --validate" in guides(tree("target", "en"))["report"]
    pytest.importorskip("jsonschema_rs")
    checked = guides(render_manifests(novaplan.load("target"), validate=True))["report"]
    assert "novaplan render --validate" not in checked
    assert ", ".join(Settings().kubernetes) in checked


def test_the_report_says_what_the_topology_left_open():
    report = guides(tree("shop-target", "en"))["report"]
    assert (
        "- `stock-sync` has no schedule, so it is suspended; `--set schedules.stock-sync=CRON` gives it one" in report
    )
    assert "## What was left open" in report
    report = guides(tree("target", "en"))["report"]
    assert "- the size of the volume `streaming-service/streaming-segments` is not stated" in report
    assert "## What was left open" not in guides(render_manifests(SMALL["one service"]))["report"]


def test_every_word_is_in_both_languages():
    assert all(set(item) == set(LANGUAGES) for item in vocabulary()["words"].values())
    slots = re.compile(r"\{\d\}")
    for item in vocabulary()["words"].values():
        assert len({frozenset(slots.findall(text)) for text in item.values()}) == 1


def unlucky():
    """Systems in which nothing recovers by itself, each for a reason of its own."""
    sentinel = {"type": "sentinel", "quorum": 2}
    for deployment in (
        Standalone(),
        Managed(type="managed"),
        Cluster(type="cluster", members=3),
        Cluster(type="cluster", members=3, failover=False),
        Kafka(type="kafka", brokers=3),
        Sentinel(members=1, sentinels=3, **sentinel),
        Sentinel(members=2, sentinels=3, min_replicas_to_write=1, **sentinel),
        Sentinel(members=2, sentinels=2, **sentinel),
        Patroni(type="patroni", members=1),
        Patroni(type="patroni", members=3, etcd=Etcd(members=2)),
    ):
        yield Topology(datastores=(Datastore(name="store", kind="redis", deployment=deployment),))
    for workload in ("pod", "daemonset", "statefulset"):
        yield Topology(services=(Service(name="api", workload=workload),))


def test_every_reason_why_nothing_recovers_is_told_in_chinese():
    found = {item.never or item.unknown for system in unlucky() for item in recovery(system)} - {""}
    assert len(found) > 10
    for text in found:
        assert re.search("[\u4e00-\u9fff]", reason(text, "zh")), text
        assert reason(text, "en") == text


SMALL = {
    "nothing": Topology(name="empty"),
    "one service": Topology(services=(Service(name="api"),)),
    "no namespaces": Topology(
        services=(Service(name="api"),),
        datastores=(Datastore(name="db", kind="postgres"), Datastore(name="cache", kind="redis")),
    ),
    "many": Topology(
        services=tuple(Service(name=f"service-{number}", optional=number % 2 == 0) for number in range(60))
    ),
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", SMALL)
def test_any_system_has_guides(name, language):
    found = render_manifests(SMALL[name], language=language)
    rendered = Rendered(found)
    for text in guides(found).values():
        for words in commands(text):
            assert rendered.problem(words) is None, words
        assert "None" not in text
        assert "\n\n\n" not in text


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much], deadline=None)
@given(topologies(), st.sampled_from(LANGUAGES))
def test_guides_and_script_take_any_text(topology, language):
    try:
        found = render_manifests(topology, language=language)
    except InputError:
        return
    for text in guides(found).values():
        assert text.endswith("\n")
        for words in commands(text):
            assert words
        for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
            columns = {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}
            assert len(columns) == 1
    checked = subprocess.run(
        ["bash", "-n"], input=found.files["deploy-local-k8s.sh"].text, text=True, capture_output=True, check=False
    )
    assert checked.stderr == ""


HOSTILE = "x'; $(touch /tmp/never) `id` \"\\ | & {{ }} %s"


def test_text_of_a_topology_is_never_run(tmp_path):
    topology = Topology(
        name=HOSTILE,
        description=HOSTILE,
        services=(Service(name="api", description=HOSTILE, containers=()),),
    )
    file = tmp_path / "script.sh"
    file.write_text(render_manifests(topology).files["deploy-local-k8s.sh"].text)
    done = subprocess.run(["bash", file, "help"], text=True, capture_output=True, check=False)
    assert done.returncode == 0
    assert done.stderr == ""
    shellcheck = shutil.which("shellcheck")
    if shellcheck:
        assert subprocess.run([shellcheck, file], check=False).returncode == 0


@pytest.mark.skipif(KUBECTL is None, reason="kubectl is not installed")
@pytest.mark.parametrize("system", ["target", "current"])
def test_kubectl_knows_every_option(system, tmp_path):
    """There is no cluster: what kubectl complains of has to be just that."""
    (tmp_path / "config").write_text("")
    folder = tmp_path / "FOLDER"
    folder.mkdir()
    found = tree(system, "en")
    for name, file in found.files.items():
        (folder / name).write_text(file.text)
    for name in ("values.json", "tls.crt", "tls.key"):
        (folder / name).write_text("{}")
    (tmp_path / "FOLDER-secrets.yaml").write_text("kind: Secret\napiVersion: v1\nmetadata: {name: a}\n")
    seen = set()
    for text in guides(found).values():
        for words in commands(text):
            line = tuple("x" if word == "INNER" else word for word in words)
            if line[0] != "kubectl" or line in seen or "config" in line or "<" in line:
                continue
            seen.add(line)
            done = subprocess.run(
                [*line[:1], "--server=http://127.0.0.1:9", "--request-timeout=1s", *line[1:]],
                cwd=folder,
                env={"KUBECONFIG": str(tmp_path / "config"), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
                capture_output=True,
                text=True,
                check=False,
            )
            assert "127.0.0.1:9" in done.stderr or "tls" in done.stderr, (line, done.stderr)
    assert len(seen) > 10


def test_health_of_a_service_is_asked_where_it_listens():
    probe = Probe(path="/live", port=9000)
    main = novaplan.load("target").service["api-service"].containers[0]
    container = replace(main, probes=replace(main.probes, readiness=probe, startup=None, liveness=None))
    service = replace(novaplan.load("target").service["api-service"], containers=(container,))
    target = novaplan.load("target")
    others = tuple(item for item in target.services if item.name != service.name)
    text = guides(render_manifests(Topology(**dict(replace(target, services=(*others, service))))))["quick"]
    assert "port-forward deployment/api-service 9000:9000 &" in text
    assert "curl --fail http://127.0.0.1:9000/live" in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_secrets_are_there_before_they_are_filled(language):
    """By hand: created, then the made values, then the servers; and whoever lets the script do it runs it twice."""
    local = guides(tree("target", language))["local"]
    order = [
        local.index(text)
        for text in (
            "--filename=microservices-secrets.yaml",
            "--filename=../FOLDER-secrets.yaml",
            "ha-statefulset.yaml",
        )
    ]
    assert order == sorted(order)
    second, third = re.split("^## ", local, flags=re.MULTILINE)[2:4]
    assert second.index("deploy-local-k8s.sh deploy") < second.index("--patch-file=values.json")
    assert "apply --server-side" in third
    assert ("the first time it stops" in third) == (language == "en")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("system", SYSTEMS)
def test_no_pod_of_a_stateful_set_is_forced_away(system, language):
    """Kubernetes would start its successor while it may still run."""
    assert not [name for name, file in tree(system, language).files.items() if "--force" in file.text]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_guide_says_what_rests_on_network_policies(language):
    local = guides(tree("target", language))["local"]
    assert "Calico" in local
    assert "Patroni" in local
    assert "csi-hostpath-driver" in local
    alone = render_manifests(Topology(name="none", services=(Service(name="api"),)), language=language)
    assert "Patroni" not in guides(alone)["local"]
    assert "csi-hostpath-driver" not in guides(alone)["local"]


def test_what_novaplan_calls_the_keys_of_its_own_servers_is_told_in_chinese():
    found = tree("target", "zh")
    stated = {key.purpose for secret in novaplan.load("target").secrets for key in secret.keys}
    own = {key.purpose for need in found.needs for key in need.keys if key.purpose} - stated
    assert len(own) > 3
    assert not [purpose for purpose in own if reason(purpose, "zh") == purpose]
    assert not [purpose for purpose in own if purpose in guides(found)["local"]]
