"""Files, folders and standard input; what is no manifest, and what would harm its reader."""

import io
import sys

import pytest

from novaplan.errors import InputError, NovaplanError
from novaplan.importers.kubernetes import import_kubernetes
from tests.importers.kubernetes.conftest import Import, Write
from tests.importers.kubernetes.helpers import doubts, left_out, refusal, running, workload


def test_folders_are_read_through_in_order(load: Import) -> None:
    topology, report = load(
        files={
            "b/web.yml": workload("web"),
            "a.yaml": workload("api"),
            "c/d/db.json": '{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}',
            ".git/x.yaml": "broken: [",
            "readme.md": "broken: [",
        }
    )

    assert set(topology.service) == {"api", "web"}
    assert [line for line in report.lines() if line.startswith("read")] == [
        "read: a.yaml: 1 object",
        "read: b/web.yml: 1 object",
        "read: c/d/db.json: 1 object",
    ]


def test_several_paths(write: Write) -> None:
    write({"a.yaml": workload("a"), "b.yaml": workload("b")})

    topology, _ = import_kubernetes(["b.yaml", "a.yaml"])

    assert topology.name == "b"
    assert set(topology.service) == {"a", "b"}


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    class Input:
        buffer = io.BytesIO(workload("web").encode())

    monkeypatch.setattr(sys, "stdin", Input())

    topology, _ = import_kubernetes(["-"])

    assert topology.service["web"].declared[0].file == "<stdin>"


def test_documents_that_are_no_objects_are_told(load: Import) -> None:
    topology, report = load(workload("web"), "services: {web: {}}\n", "# nothing\n", "- a\n", "text\n", "kind: X\n")

    assert set(topology.service) == {"web"}
    assert left_out(report).count("no Kubernetes object") == 4


def test_objects_declared_twice(load: Import) -> None:
    topology, report = load(
        files={"a.yaml": workload("web", replicas=1) + "---\n" + workload("api"), "b.yaml": workload("web", replicas=2)}
    )

    assert topology.service["web"].replicas == 2
    assert "b.yaml:1: Deployment web is declared twice, first at a.yaml:1; the last one counts" in doubts(report)


def test_the_same_object_twice_is_nothing_to_tell(load: Import) -> None:
    _, report = load(workload("web"), workload("web"))

    assert doubts(report) == ""


def test_a_chart_is_refused_with_the_command_that_renders_it(write: Write) -> None:
    write({"shop/Chart.yaml": "name: shop\n", "shop/templates/web.yaml": "x: {{ .Values.x }}\n"})

    assert refusal("shop") == (
        "shop/templates/web.yaml:1: uses more of Helm's template language than novaplan reads; "
        "render it: helm template shop shop | novaplan import kubernetes -"
    )
    assert refusal("shop/Chart.yaml") == refusal("shop")
    assert "is a Helm template, not a manifest" in refusal("shop/templates/web.yaml")


def test_a_chart_of_charts_is_refused(write: Write) -> None:
    write({"shop/Chart.yaml": "name: shop\ndependencies: [{name: db}]\n"})

    assert refusal("shop").startswith("shop/Chart.yaml: needs further charts; render it: helm template shop shop |")


def test_a_chart_of_plain_values_is_read(load: Import) -> None:
    template = workload("web", replicas=1).replace(
        "replicas: 1", 'replicas: {{ toJson (index .Values "web" "replicas") }}'
    )
    topology, report = load(
        path="shop",
        files={
            "shop/Chart.yaml": "name: shop\n",
            "shop/values.yaml": "web: {replicas: 4}\n",
            "shop/templates/web.yaml": template,
            "shop/templates/NOTES.txt": "{{ include }}",
        },
    )

    assert topology.service["web"].replicas == 4
    assert [note.message for note in report.notes if note.kind == "read"] == ["a Helm chart of 1 object"]


def test_a_chart_below_a_folder_is_left_out(load: Import) -> None:
    topology, report = load(
        files={"web.yaml": workload("web"), "chart/Chart.yaml": "name: c\n", "chart/templates/x.yaml": "{{ x }}: [\n"}
    )

    assert set(topology.service) == {"web"}
    assert "chart: a Helm chart; render it: helm template chart chart" in left_out(report)


def test_a_template_that_is_yaml_by_chance(write: Write) -> None:
    write({"a.yaml": "{apiVersion: v1, kind: Service, metadata: {name: '{{ .Release.Name }}-web'}}\n"})

    assert "is a Helm template" in refusal()


def test_braces_in_a_value_are_no_template(load: Import) -> None:
    topology, _ = load(workload("web", env={"REDIS_URL": "{{REDIS_URL}}", "ALERT": "{{ $labels.pod }}"}))

    assert topology.dependencies == ()


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"a: [1\nb: 2\n", "a.yaml:2: is not valid YAML"),
        (b"kind: A\nkind: B\n", "a.yaml:2: the key 'kind' is given twice"),
        (b"\x89PNG\r\n\x1a\n\0\0", "a.yaml"),
        (b"a\0b", "holds a NUL byte"),
        (b"caf\xe9: 1\n", "is not UTF-8 text"),
        (
            b"a: &a [x, x]\nb: &b [*a, *a]\n"
            + b"".join(
                b"c%d: &c%d [%s]\n" % (i, i, b", ".join([b"*" + (b"b" if i == 0 else b"c%d" % (i - 1))] * 9))
                for i in range(12)
            ),
            "aliases would expand",
        ),
        (b"[" * 500, "nested deeper than 100 levels"),
        (b"kind: !!python/object:os.system {}\n", "the tag"),
        (b"", "holds no Kubernetes object"),
        (b"services: {}\n", "holds no Kubernetes object"),
    ],
)
def test_files_that_are_no_yaml(write: Write, tmp_path, content: bytes, complaint: str) -> None:
    write({})
    (tmp_path / "a.yaml").write_bytes(content)

    message = refusal()
    assert complaint in message
    assert message.startswith("a.yaml")
    assert "\n" not in message


def test_a_file_of_100_mb_is_refused_unread(write: Write, tmp_path) -> None:
    write({})
    with (tmp_path / "a.yaml").open("wb") as stream:
        stream.truncate(100 * 1024 * 1024)

    assert refusal() == "a.yaml: is larger than 64 MiB; split it into smaller files"


@pytest.mark.parametrize("path", ["gone.yaml", "gone/", "a\0b.yaml"])
def test_paths_that_do_not_exist(write: Write, path: str) -> None:
    write({})
    with pytest.raises(NovaplanError):
        import_kubernetes([path])


def test_a_folder_without_manifests(write: Write) -> None:
    write({"folder/readme.txt": "x"})

    assert refusal("folder") == "folder: holds no Kubernetes object; hand over manifests"


def test_no_path_at_all() -> None:
    with pytest.raises(InputError, match="name a file or folder to import"):
        import_kubernetes([])


def test_links_that_lead_in_a_circle_end(load: Import, tmp_path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path)
    topology, _ = load(files={"web.yaml": running("web")})

    assert set(topology.service) == {"web"}
