"""``extends`` and ``include``: what comes along, where paths start, and what is refused."""

import pytest

from novaplan.importers.compose.reading import read
from tests.importers.compose.helpers import arguments, env, message, notes, service


class TestExtends:
    def test_same_file_chained(self, write) -> None:
        write(
            {
                "a.yml": """\
                services:
                  base: {image: x, environment: {A: 1, B: 1}, ports: ["80"]}
                  mid: {extends: {service: base}, environment: [B=2, C=2]}
                  web: {extends: mid, environment: {C: 3}, ports: ["81"], command: run}
                """
            }
        )
        web = service(read(["a.yml"]), "web")
        assert env(web) == {"A": "1", "B": "2", "C": "3"}
        assert [port.port for port in web.ports] == [80, 81]
        assert (web.containers[0].image, arguments(web)) == ("x", ["run"])

    def test_other_file_with_paths_of_its_own(self, write) -> None:
        write(
            {
                "app/a.yml": "services: {web: {extends: {file: ../common/c.yml, service: base}, env_file: own.env}}",
                "app/own.env": "OWN=1",
                "common/c.yml": "services: {base: {extends: {file: deep/d.yml, service: root}, env_file: c.env}}",
                "common/c.env": "C=1",
                "common/deep/d.yml": "services: {root: {image: x, env_file: d.env}, other: {image: '${NEVER}'}}",
                "common/deep/d.env": "D=1",
            }
        )
        draft = read(["app/a.yml"])
        assert env(service(draft, "web")) == {"D": "1", "C": "1", "OWN": "1"}
        assert not [note for note in draft.notes if note.kind == "uncertain"]
        assert [unit.name for unit in draft.workloads] == ["web"]

    def test_takes_depends_on_and_tags(self, write) -> None:
        write(
            {
                "a.yml": """\
                services:
                  base: {image: x, depends_on: [db], ports: ["80"], environment: {A: 1}}
                  db: {image: y}
                  web: {extends: base, ports: !override ["81"], environment: !reset {}}
                """
            }
        )
        web = service(read(["a.yml"]), "web")
        assert [wait.host for wait in web.waits] == ["db"]
        assert [port.port for port in web.ports] == [81]
        assert env(web) == {}

    def test_what_the_base_needs_elsewhere_is_left_out(self, write) -> None:
        write(
            {
                "a.yml": "services: {web: {extends: {file: b.yml, service: web}, external_links: ['old:db']}}",
                "b.yml": "services: {web: {image: x, depends_on: [there]}, there: {image: x}}",
            }
        )
        draft = read(["a.yml"])
        assert draft.workloads[0].waits == ()
        expected = "'there', which the extended service needs, is not declared here; it was left out"
        assert expected in notes(draft, "uncertain")
        assert notes(draft, "left out") == ["the container 'old' of another project is linked"]

    def test_tags_hold_for_the_files_below_too(self, write) -> None:
        write(
            {
                "a.yml": "services: {web: {image: x, ports: ['80']}, base: {image: x, ports: ['81']}}",
                "b.yml": "services: {web: {extends: base, ports: !override ['82']}, base: {image: x, ports: ['81']}}",
            }
        )
        assert [port.port for port in service(read(["a.yml", "b.yml"]), "web").ports] == [82]

    def test_from_an_earlier_file(self, write) -> None:
        write({"a.yml": "services: {base: {image: x}}", "b.yml": "services: {web: {extends: base}}"})
        assert service(read(["a.yml", "b.yml"]), "web").containers[0].image == "x"

    @pytest.mark.parametrize(
        ("files", "expected"),
        [
            (
                {"a.yml": "services:\n  web: {extends: {service: bsae}}\n  base: {image: x}"},
                "a.yml:2: services.web.extends: extends the service 'bsae', which is not in a.yml"
                " (did you mean 'base'?)",
            ),
            (
                {
                    "a.yml": "services:\n  web: {extends: {service: x, file: c.yml}}",
                    "c.yml": "services: {y: {image: x}}",
                },
                "a.yml:2: services.web.extends: extends the service 'x', which is not in c.yml",
            ),
            (
                {"a.yml": "services:\n  web:\n    extends: {service: x, file: c.yml}"},
                "a.yml:3: services.web.extends: extends a service of c.yml, which does not exist",
            ),
            (
                {"a.yml": "services: {a: {extends: b}, b: {extends: c}, c: {extends: a}}"},
                "a.yml:1: services.a.extends: comes back to itself: a extends b extends c extends a",
            ),
            (
                {"a.yml": "services: {a: {extends: {file: a.yml, service: a}}}"},
                "a.yml:1: services.a.extends: comes back to itself: a extends a",
            ),
            (
                {"a.yml": "services: {a: {extends: {file: b.yml}}}"},
                "a.yml:1: services.a.extends: should name the service that it extends",
            ),
            (
                {"a.yml": "services: {a: {extends: {service: b, file: b.yml}}}", "b.yml": "[]"},
                "b.yml:1: should have a map of services",
            ),
        ],
    )
    def test_errors(self, write, files: dict[str, str], expected: str) -> None:
        write(files)
        assert message(read, ["a.yml"]) == expected

    def test_cycle_over_two_files(self, write) -> None:
        write(
            {
                "a.yml": "services: {web: {extends: {file: b.yml, service: web}}}",
                "b.yml": "services: {web: {extends: {file: a.yml, service: web}}}",
            }
        )
        assert "comes back to itself" in message(read, ["a.yml"])


class TestInclude:
    def test_forms(self, write) -> None:
        write(
            {
                "a.yml": """\
                include:
                  - db/compose.yml
                  - path: [mq/base.yml, mq/over.yml]
                    project_directory: .
                    env_file: mq.env
                services:
                  web: {image: x, depends_on: [db, mq]}
                """,
                "db/compose.yml": "services: {db: {image: 'postgres:${TAG}', env_file: local.env}}",
                "db/.env": "TAG=16",
                "db/local.env": "L=db",
                "mq/base.yml": "services: {mq: {image: 'nats:${TAG}', env_file: local.env}}",
                "mq/over.yml": "services: {mq: {environment: {M: 1}}}",
                "mq.env": "TAG=2",
                "local.env": "L=top",
            }
        )
        draft = read(["a.yml"])
        assert service(draft, "db").containers[0].image == "postgres:16"
        assert env(service(draft, "db")) == {"L": "db"}
        assert service(draft, "mq").containers[0].image == "nats:2"
        assert env(service(draft, "mq")) == {"L": "top", "M": "1"}
        assert service(draft, "db").where.file == "db/compose.yml"

    def test_variables_of_the_outer_file_go_first(self, write) -> None:
        write(
            {
                "a.yml": "include: [b/b.yml]",
                ".env": "TAG=outer",
                "b/b.yml": "services: {b: {image: 'x:$TAG'}}",
                "b/.env": "TAG=inner",
            }
        )
        assert service(read(["a.yml"]), "b").containers[0].image == "x:outer"

    def test_same_file_twice_and_overriding_what_was_included(self, write) -> None:
        write(
            {
                "a.yml": "include: [b.yml, c.yml]",
                "b.yml": "include: [d.yml]\nservices: {b: {image: x}}",
                "c.yml": "include: [d.yml]\nservices: {c: {image: x}}",
                "d.yml": "services: {d: {image: x}}",
                "over.yml": "services: {d: {environment: {A: 1}}}",
            }
        )
        draft = read(["a.yml", "over.yml"])
        assert sorted(unit.name for unit in draft.workloads) == ["b", "c", "d"]
        assert env(service(draft, "d")) == {"A": "1"}

    @pytest.mark.parametrize(
        ("files", "expected"),
        [
            (
                {"a.yml": "include:\n  - b.yml\nservices:\n  db: {image: x}", "b.yml": "services:\n  db: {image: y}"},
                "a.yml:4: services.db: is declared again at b.yml:2, which is included; rename one of them",
            ),
            ({"a.yml": "include:\n  - b.yml"}, "a.yml:2: include[0]: includes b.yml, which does not exist"),
            (
                {"a.yml": "include:\n  - b.yml", "b.yml": "include: [a.yml]"},
                "b.yml:1: include[0]: includes a.yml, which includes this file; "
                "an include must not come back to itself",
            ),
            (
                {"a.yml": "include: [{path: b.yml, env_file: no.env}]", "b.yml": "services: {}"},
                "a.yml:1: include[0]: names the environment file no.env, which does not exist",
            ),
            ({"a.yml": "include: b.yml"}, "a.yml:1: include: should be a list of files"),
            ({"a.yml": "include: [{env_file: b}]"}, "a.yml:1: include[0]: should name the file to include as its path"),
        ],
    )
    def test_errors(self, write, files: dict[str, str], expected: str) -> None:
        write(files)
        assert message(read, ["a.yml"]) == expected

    def test_files_that_multiply_are_refused(self, write) -> None:
        write(
            {f"{n}.yml": f"include: [{n + 1}.yml, ./{n + 1}.yml]" for n in range(12)}
            | {"12.yml": "services: {a: {image: x}}"}
        )
        assert "the files include each other" in message(read, ["0.yml"])

    def test_long_chain_is_refused(self, write) -> None:
        write({f"{n}.yml": f"include: [{n + 1}.yml]" for n in range(99)} | {"99.yml": "services: {a: {image: x}}"})
        assert "include fewer levels" in message(read, ["0.yml"])

    def test_remote_file_is_left_out(self, write) -> None:
        write({"a.yml": "include: ['oci://example.org/x:latest']\nservices: {a: {image: x}}"})
        notes = [note for note in read(["a.yml"]).notes if note.kind == "left out"]
        assert [note.message for note in notes] == ["a file on another machine is included; it was not read"]
