"""Configs, secrets and mounted files; what may be read, and what is told when it is not there."""

import os
from pathlib import Path

import pytest

from novaplan.importers.compose.reading import read
from novaplan.importers.draft import MountedFile
from tests.importers.compose.helpers import message, notes, service


def mounted(write, files: dict[str, str]) -> dict[str, MountedFile]:
    write(files)
    return {file.path: file for file in service(read(["a.yml"]), "web").containers[0].files}


def test_configs_and_secrets_in_all_forms(write) -> None:
    found = mounted(
        write,
        {
            "a.yml": """\
            services:
              web:
                image: x
                configs: [one, {source: two, target: /etc/two.conf}, three, far]
                secrets: [pw, {source: token, target: tok}]
            configs:
              one: {file: ./one.conf}
              two:
                content: |
                  host=${DB}
              three: {environment: TOP}
              far: {external: true}
            secrets:
              pw: {file: pw.txt}
              token: {environment: TOP}
            """,
            "one.conf": "host=db",
            "pw.txt": "s3cret",
            ".env": "TOP=t0p\nDB=db",
        },
    )
    assert {path: (file.text, file.secret) for path, file in found.items()} == {
        "/one": ("host=db", False),
        "/etc/two.conf": ("host=db\n", False),
        "/three": ("t0p", False),
        "/run/secrets/pw": ("s3cret", True),
        "/run/secrets/tok": ("t0p", True),
    }
    assert (found["/one"].where.file, found["/one"].where.line) == ("one.conf", 1)
    assert (found["/etc/two.conf"].where.file, found["/etc/two.conf"].where.line) == ("a.yml", 10)
    draft = read(["a.yml"])
    assert [(secret.name, secret.keys) for secret in draft.secrets] == [("pw", ("pw",)), ("token", ("token",))]
    assert [item.name for item in draft.configs] == ["one", "two", "three", "far"]
    assert "the config 'far' is kept elsewhere; what it says is not known here" in notes(draft, "left out")
    assert "s3cret" not in repr(draft)
    assert "t0p" not in repr(draft)


def test_mounted_files_and_folders(write) -> None:
    found = mounted(
        write,
        {
            "a.yml": """\
            services:
              web:
                image: x
                build: ./src
                volumes:
                  - ./nginx.conf:/etc/nginx/nginx.conf:ro
                  - {type: bind, source: ./conf.d, target: /etc/conf.d}
                  - ./src:/app
                  - data:/data
                  - /anonymous
                  - logs:/logs
            volumes: {data: , logs: {external: true, name: real}}
            """,
            "nginx.conf": "proxy_pass http://api;",
            "conf.d/b.conf": "b",
            "conf.d/deep/a.yml": "a",
            "conf.d/photo.png": "p",
            "conf.d/node_modules/x.json": "{}",
            "src/settings.json": "{}",
        },
    )
    assert sorted(found) == ["/etc/conf.d/b.conf", "/etc/conf.d/deep/a.yml", "/etc/nginx/nginx.conf"]
    assert found["/etc/conf.d/b.conf"].where.file == "conf.d/b.conf"
    assert [volume.name for volume in service(read(["a.yml"]), "web").volumes] == ["data", "logs"]


def test_what_is_missing_is_reported_where_it_matters(write) -> None:
    body = "[./no.conf:/etc/x, ./data:/var/lib/data, ~/home:/h, other:/o]"
    write(
        {
            "a.yml": f"services: {{web: {{image: x, volumes: {body}, configs: [c, d], secrets: [s]}}}}\n"
            "configs: {c: {file: no.txt}}"
        }
    )
    draft = read(["a.yml"])
    assert sorted(notes(draft, "uncertain")) == [
        "no.conf is mounted and does not exist here; what it says is not known",
        "no.txt does not exist here; what it says is not known",
        "the config 'd' is not declared",
        "the secret 's' is not declared",
        "the volume 'other' is not declared",
    ]


def test_nothing_outside_the_project_is_read(write, tmp_path: Path) -> None:
    outside = tmp_path.parent / "outside.conf"
    outside.write_text("s3cret")
    write({"app/a.yml": "", "app/in.conf": "in"})
    (tmp_path / "app" / "link.conf").symlink_to(outside)
    (tmp_path / "app" / "loop.conf").symlink_to("loop.conf")
    volumes = f"[../../outside.conf:/a, {outside}:/b, ./link.conf:/c, ./loop.conf:/d, ./in.conf:/e, /etc/passwd:/f]"
    (tmp_path / "app/a.yml").write_text(
        f"services: {{web: {{image: x, volumes: {volumes}, secrets: [s]}}}}\nsecrets: {{s: {{file: {outside}}}}}"
    )
    files = service(read(["app/a.yml"]), "web").containers[0].files
    assert [file.path for file in files] == ["/e"]


def test_only_small_text_is_read(write, tmp_path: Path) -> None:
    write({"a.yml": "services: {web: {image: x, volumes: [./big:/a, ./binary:/b, ./latin:/c, ./nul:/d, ./pipe:/e]}}"})
    (tmp_path / "big").write_text("x" * (256 * 1024 + 1))
    (tmp_path / "binary").write_bytes(bytes(range(256)))
    (tmp_path / "latin").write_bytes(b"caf\xe9")
    (tmp_path / "nul").write_bytes(b"a\0b")
    os.mkfifo(tmp_path / "pipe")
    assert service(read(["a.yml"]), "web").containers[0].files == ()


def test_folder_with_many_files_is_cut_short(write) -> None:
    write(
        {
            "a.yml": "services: {web: {image: x, volumes: ['./many:/many']}}",
            **{f"many/{n:03}.conf": "x" for n in range(70)},
        }
    )
    draft = read(["a.yml"])
    assert len(draft.workloads[0].containers[0].files) == 64
    assert notes(draft, "left out") == ["of many only the first 64 configuration files were read"]


@pytest.mark.parametrize("name", ["e.env", "inner.yml"])
def test_a_pipe_is_never_opened(write, tmp_path: Path, name: str) -> None:
    write({"a.yml": f"include: [{name}]\nservices: {{web: {{image: x, env_file: {name}}}}}"})
    os.mkfifo(tmp_path / name)
    assert "no ordinary file" in message(read, ["a.yml"])


def test_long_names_and_nul_lead_nowhere(write) -> None:
    long = "n" * 5000
    write(
        {
            "a.yml": f"""\
            services:
              web:
                image: x
                env_file: [{long}, "a\\0b"]
                volumes: ["./{long}:/a", "./a\\0b:/b"]
                secrets: [s]
            secrets: {{s: {{file: "a\\0b"}}}}
            """
        }
    )
    assert service(read(["a.yml"]), "web").containers[0].files == ()
