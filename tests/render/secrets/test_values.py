"""Values are random, agree with each other, and are kept where only their owner reads them."""

import base64
import os
import re
import stat
from pathlib import Path

import pytest
import yaml

from novaplan.errors import DocumentError, OutputError
from novaplan.render.credentials import Key, SecretNeed
from novaplan.render.secrets.values import (
    by_hand,
    generated_values,
    make_values,
    read_values,
    values_file,
    write_values,
)

NEEDS = (
    SecretNeed("redis-credentials", "data", (Key("password", recipe="{redis/server}"),)),
    SecretNeed(
        "api",
        "web",
        (
            Key("redis-url", recipe="redis://:{redis/server}@redis.data:6379/0"),
            Key("database-url", recipe="postgres://api:{postgres/api}@postgres:5432/shop"),
            Key("database-password", recipe="{postgres/api}"),
            Key("licence", "from the vendor"),
        ),
    ),
    SecretNeed("tls", "web", (Key("tls.crt"), Key("tls.key")), type="kubernetes.io/tls"),
)


def made(needs=NEEDS):
    found = {}
    for item in yaml.safe_load_all(generated_values(needs)):
        assert item["apiVersion"] == "v1"
        assert item["kind"] == "Secret"
        data = {key: base64.b64decode(value).decode() for key, value in item["data"].items()}
        found[item["metadata"]["namespace"], item["metadata"]["name"]] = data
    return found


def test_a_password_is_the_same_wherever_its_name_stands():
    found = made()
    server = found["data", "redis-credentials"]["password"]
    api = found["web", "api"]
    assert api["redis-url"] == f"redis://:{server}@redis.data:6379/0"
    assert api["database-url"] == f"postgres://api:{api['database-password']}@postgres:5432/shop"
    assert server != api["database-password"]


def test_passwords_need_no_quotes_anywhere_and_are_never_the_same_twice():
    seen = {made()["data", "redis-credentials"]["password"] for _ in range(50)}
    assert len(seen) == 50
    assert all(re.fullmatch(r"[A-Za-z0-9]{32}", item) for item in seen)


def test_what_only_a_person_knows_is_left_out_and_listed():
    assert "licence" not in made()["web", "api"]
    assert ("web", "tls") not in made()
    assert [(need.name, key.name) for need, key in by_hand(NEEDS)] == [
        ("api", "licence"),
        ("tls", "tls.crt"),
        ("tls", "tls.key"),
    ]


def test_nothing_to_generate_is_an_empty_file_not_an_error():
    assert list(yaml.safe_load_all(generated_values(NEEDS[2:]))) == []


def test_the_file_is_private_from_its_first_moment(tmp_path, monkeypatch):
    opened = []
    really = os.open
    monkeypatch.setattr(os, "open", lambda path, flags, mode=0o777: opened.append(mode) or really(path, flags, mode))
    previous = os.umask(0)
    try:
        write_values(tmp_path / "out-secrets.yaml", "a: 1\n", manifests=tmp_path / "out")
    finally:
        os.umask(previous)
    assert opened == [0o600]
    assert stat.S_IMODE((tmp_path / "out-secrets.yaml").stat().st_mode) == 0o600
    assert [item.name for item in tmp_path.iterdir()] == ["out-secrets.yaml"]


def test_values_in_use_are_kept_unless_asked(tmp_path):
    path = tmp_path / "values.yaml"
    write_values(path, "first", manifests=tmp_path / "out")
    with pytest.raises(OutputError, match=r"values\.yaml: exists, and its values may be in use; --force"):
        write_values(path, "second", manifests=tmp_path / "out")
    assert path.read_text() == "first"
    write_values(path, "second", manifests=tmp_path / "out", force=True)
    assert path.read_text() == "second"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(list(tmp_path.iterdir())) == 1


def test_what_has_a_value_keeps_it_when_more_is_needed(tmp_path):
    path, out = tmp_path / "values.yaml", tmp_path / "out"
    before = make_values(path, NEEDS, manifests=out)
    text = path.read_text() + "---\nkind: Secret\nmetadata: {name: tls, namespace: web}\nstringData: {tls.crt: mine}\n"
    path.write_text(text)
    more = SecretNeed("jobs", "web", (Key("redis-url", recipe="redis://:{redis/server}@redis.data:6379/1"),))
    with pytest.raises(OutputError, match="--force keeps them and adds what is missing"):
        make_values(path, (*NEEDS, more), manifests=out)
    after = make_values(path, (*NEEDS, more), manifests=out, force=True)
    assert {place: after[place] for place in before} == before
    password = before["data", "redis-credentials"]["password"].decode()
    assert after["web", "jobs"] == {"redis-url": f"redis://:{password}@redis.data:6379/1".encode()}
    assert after["web", "tls"] == {"tls.crt": b"mine"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [(need.name, key.name) for need, key in by_hand(NEEDS, after)] == [("api", "licence"), ("tls", "tls.key")]


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o602])
@pytest.mark.parametrize("force", [False, True])
def test_values_that_others_may_read_are_refused(tmp_path, mode, force):
    path, out = tmp_path / "values.yaml", tmp_path / "out"
    make_values(path, NEEDS, manifests=out)
    path.chmod(mode)
    with pytest.raises(OutputError, match=r"values\.yaml: others may read these values; chmod 600 it"):
        make_values(path, NEEDS, manifests=out, force=force)
    path.chmod(0o600)
    make_values(path, NEEDS, manifests=out, force=force)


def test_a_link_is_not_followed_to_replace_what_it_points_at(tmp_path):
    other = tmp_path / "other"
    other.write_text("mine")
    (tmp_path / "values.yaml").symlink_to(other)
    with pytest.raises(OutputError, match="exists"):
        write_values(tmp_path / "values.yaml", "new", manifests=tmp_path / "out")
    write_values(tmp_path / "values.yaml", "new", manifests=tmp_path / "out", force=True)
    assert other.read_text() == "mine"


@pytest.mark.parametrize("inside", ["out/values.yaml", "out/base/values.yaml", "out/../out/values.yaml", "link/v.yaml"])
@pytest.mark.parametrize("force", [False, True])
def test_values_never_stand_among_the_manifests(tmp_path, inside, force):
    (tmp_path / "out" / "base").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "out")
    with pytest.raises(OutputError, match="stay out of the manifests' folder"):
        write_values(tmp_path / inside, "a: 1\n", manifests=tmp_path / "out", force=force)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_folder_that_does_not_exist_is_one_clear_line(tmp_path):
    with pytest.raises(OutputError, match=r"values\.yaml: cannot be written: No such file or directory"):
        write_values(tmp_path / "missing" / "values.yaml", "a", manifests=tmp_path / "out")


def test_the_file_stands_beside_the_folder(tmp_path):
    assert values_file(tmp_path / "k8s") == tmp_path / "k8s-secrets.yaml"
    assert values_file(tmp_path / "k8s" / ".") == tmp_path / "k8s-secrets.yaml"


def test_what_was_written_reads_back(tmp_path):
    path = tmp_path / "values.yaml"
    write_values(path, generated_values(NEEDS), manifests=tmp_path / "out")
    found = read_values(path)
    assert {place: set(held) for place, held in found.items()} == {
        ("data", "redis-credentials"): {"password"},
        ("web", "api"): {"redis-url", "database-url", "database-password"},
    }
    assert re.fullmatch(rb"[A-Za-z0-9]{32}", found["data", "redis-credentials"]["password"])


def test_values_added_by_hand_may_be_plain(tmp_path):
    path = tmp_path / "values.yaml"
    path.write_text("kind: Secret\nmetadata: {name: api}\ndata: {a: YQ==}\nstringData: {b: é}\n")
    assert read_values(path) == {("", "api"): {"a": b"a", "b": "é".encode()}}


def test_a_file_that_is_not_there_says_what_makes_one(tmp_path):
    with pytest.raises(DocumentError, match=r"values\.yaml: there is no such file; --secrets generate makes one"):
        read_values(tmp_path / "values.yaml")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("kind: ConfigMap\nmetadata: {name: a}\n", r"f:1: is no Secret with a name"),
        ("kind: Secret\nmetadata: hunter2\n", r"f:1: is no Secret with a name"),
        ("- hunter2\n", r"f:1: is no Secret with a name"),
        ("kind: Secret\nmetadata: {name: a}\ndata: {key: hunter2!}\n", r"f:1: data\.key: is not text in Base64"),
        ("kind: Secret\nmetadata: {name: a}\nstringData: {key: [hunter2]}\n", r"f:1: stringData\.key: is not text"),
    ],
)
def test_no_error_quotes_a_value(tmp_path, monkeypatch, text, message):
    monkeypatch.chdir(tmp_path)
    file = Path("f")
    file.write_text(text)
    with pytest.raises(DocumentError, match=message) as caught:
        read_values(file)
    assert "hunter2" not in str(caught.value)
