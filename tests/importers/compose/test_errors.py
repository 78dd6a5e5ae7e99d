"""Bad input: one clear line with file, line and field, and never a value."""

import io
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from novaplan.errors import NovaplanError
from novaplan.importers.compose import import_compose
from novaplan.importers.compose.reading import read
from novaplan.topology.storage import dumps, loads
from tests.importers.compose.helpers import message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[]", "a.yml:1: should be a map with services at its top"),
        ("text", "a.yml:1: should be a map with services at its top"),
        (
            "services: {web: {image: x}}\nnetwroks: {}",
            "a.yml:2: netwroks: is not known at the top of a compose file (did you mean 'networks'?)",
        ),
        (
            "web:\n  image: x",
            "a.yml:1: is no compose file: it has no services at its top; put what stands at the top under 'services:'",
        ),
        (
            "apiVersion: v1\nkind: Pod",
            "a.yml:1: is no compose file: it has no services at its top; this is a Kubernetes manifest, "
            "for 'novaplan import kubernetes'",
        ),
        ("services: [a]", "a.yml:1: services: should be a map, and is a list"),
        ("services:\n  web: x", "a.yml:2: services.web: should be a map that describes the service"),
        ("services:\n  web:\n    image: [x]", "a.yml:3: services.web.image: should be text, and is a list"),
        (
            "services:\n  web:\n    image: x\n    environment: [[a]]",
            "a.yml:4: services.web.environment: should be text, and is a list",
        ),
        (
            "services: {w: {image: x, environment: {A: {}}}}",
            "a.yml:1: services.w.environment.A: should be text, and is a map",
        ),
        ("services: {w: {image: x, profiles: {}}}", "a.yml:1: services.w.profiles: should be a list, and is a map"),
        (
            "services: {w: {image: x, healthcheck: {disable: 3}}}",
            "a.yml:1: services.w.healthcheck.disable: should be true or false, and is a number or a truth value",
        ),
        ("volumes: {a: b}\nservices: {}", "a.yml:1: volumes.a: should be a map that describes the volume"),
        (
            "services: {w: {image: !x y}}",
            "a.yml:1: services.w.image: has a tag that compose does not know; it knows !reset and !override",
        ),
        (
            "services: {w: {image: !!binary aGk=}}",
            "a.yml:1: services.w.image: is a kind of value that compose does not know",
        ),
        (
            "services:\n  w:\n    image: x\n    environment:\n      A: ${DB_URL:?set it in .env}",
            "a.yml:5: services.w.environment.A: demands the variable DB_URL, which is not set: set it in .env",
        ),
    ],
)
def test_says_what_and_where(write, text: str, expected: str) -> None:
    write({"a.yml": text})
    assert message(read, ["a.yml"]) == expected


def test_malformed_yaml_has_its_line(write) -> None:
    write({"a.yml": "services:\n  web:\n   image: x\n  - y\n"})
    assert message(read, ["a.yml"]).startswith("a.yml:4: is not valid YAML")


def test_duplicate_service_in_one_file(write) -> None:
    write({"a.yml": "services:\n  web: {image: x}\n  web: {image: y}\n"})
    assert message(read, ["a.yml"]).startswith("a.yml:3: the key 'web' is given twice")


def test_demanded_variable_never_shows_a_value(write) -> None:
    write({"a.yml": "services: {w: {image: '${A:?use $SECRET}'}}", ".env": "SECRET=s3cret"})
    assert (
        message(read, ["a.yml"]) == "a.yml:1: services.w.image: demands the variable A, which is not set: use $SECRET"
    )


@pytest.mark.parametrize(
    ("files", "part"),
    [
        ([], "no compose file was named"),
        (["-", "-"], "only once"),
        (["no.yml"], "no such file"),
        (["."], "is a folder"),
    ],
)
def test_files(write, files: list[str], part: str) -> None:
    write({})
    assert part in message(read, files)


def test_missing_environment_file_of_the_command_line(write) -> None:
    write({"a.yml": "services: {}"})
    assert message(read, ["a.yml"], ["no.env"]) == "no.env: there is no such file"


def test_standard_input(write, monkeypatch: pytest.MonkeyPatch) -> None:
    write({"b.yml": "services: {web: {environment: {A: 1}}}"})
    stream = io.TextIOWrapper(io.BytesIO(b"name: n\nservices: {web: {image: x}}"))
    monkeypatch.setattr("sys.stdin", stream)
    draft = read(["-", "b.yml"])
    assert (draft.name, draft.workloads[0].where.file) == ("n", "<stdin>")


def test_binary_and_empty_files(write, tmp_path: Path) -> None:
    write({"empty.yml": "", "a.yml": "services: {w: {image: x}}"})
    (tmp_path / "binary.yml").write_bytes(b"\x7fELF\0\0")
    assert "binary" in message(read, ["binary.yml"])
    assert len(read(["a.yml", "empty.yml"]).workloads) == 1
    assert message(read, ["empty.yml"]) == "empty.yml: is empty; it should have services"


NAMES = """
services include image build command entrypoint environment env_file depends_on links networks volumes configs
secrets ports expose healthcheck test interval retries deploy resources limits cpus memory replicas extends
service file path profiles target source published content x-a name scale mem_limit extra_hosts aliases
condition required hostname stop_grace_period volumes_from network_mode web db
"""
KEYS = st.sampled_from(NAMES.split())
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-1, 70000),
    st.floats(allow_nan=True, width=16),
    st.sampled_from(
        [
            "web",
            "db",
            "a.yml",
            "80:80",
            "x:/y",
            "${A:-b}",
            "${A:?c}",
            "$",
            "512M",
            "30s",
            "service:web",
            "CMD",
            "*",
            "../x",
        ]
    ),
    st.text(max_size=8),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=25,
)


def dumped(value: object) -> str:
    """JSON is YAML; what JSON cannot say of numbers, YAML reads as text."""
    import json

    return json.dumps(value)


@given(st.dictionaries(st.sampled_from(["web", "db"]), st.dictionaries(KEYS, VALUES, max_size=6), max_size=2), VALUES)
@example({"web": {"extends": {"file": "a.yml", "service": "web"}}}, None)
@example({"web": {"deploy": {"replicas": float("inf")}}}, None)
def test_only_expected_errors_escape(
    tmp_path_factory: pytest.TempPathFactory, services: dict[str, object], extra: object
) -> None:
    folder = tmp_path_factory.mktemp("fuzz")
    (folder / "a.yml").write_text(dumped({"services": services, "x-more": extra}), encoding="utf-8")
    (folder / "b.yml").write_text(dumped({"services": {"web": extra}}), encoding="utf-8")
    for files in (["a.yml"], ["a.yml", "b.yml"], ["b.yml", "a.yml"]):
        try:
            topology, _ = import_compose([folder / file for file in files], profiles=["*"])
        except NovaplanError as error:
            lines = str(error).splitlines()
        else:
            lines = ["fine"]
            assert loads(dumps(topology)) == topology
        assert len(lines) == 1


@given(st.text(st.sampled_from("services:webimage x\n -{}[]&*<<!reset$'\"#,|>"), max_size=80))
def test_any_text_has_an_answer(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    file = tmp_path_factory.mktemp("fuzz") / "a.yml"
    file.write_text("services:\n  web: " + text, encoding="utf-8")
    try:
        read([str(file)])
    except NovaplanError:
        return
