"""Several files, ``extends`` and ``include``: what the merged project says, and where each thing was written."""

import pytest

from novaplan.errors import InputError, NovaplanError
from novaplan.importers.compose.reading import read
from novaplan.importers.draft import Workload
from tests.importers.compose.helpers import arguments, env, message, service


def merged(write, base: str, over: str) -> Workload:
    def text(body: str) -> str:
        lines = "".join(f"    {line}\n" for line in body.splitlines())
        return f"services:\n  web:\n{lines}"

    write({"a.yml": text(base), "b.yml": text(over)})
    return service(read(["a.yml", "b.yml"]), "web")


def test_maps_merge_and_single_values_are_replaced(write) -> None:
    web = merged(
        write,
        "image: a\ndeploy: {resources: {limits: {cpus: 1, memory: 1g}}}",
        "image: b\ndeploy: {resources: {limits: {cpus: 2}}}",
    )
    assert web.containers[0].image == "b"
    assert web.containers[0].resources.limits.cpu == 2000
    assert web.containers[0].resources.limits.memory == 1 << 30


@pytest.mark.parametrize("base", ["environment: {A: 1, B: 2}", "environment: [A=1, B=2]"])
@pytest.mark.parametrize("over", ["environment: {B: 3, C: 4}", "environment: [B=3, C=4]"])
def test_environment_merges_by_key_in_both_forms(write, base: str, over: str) -> None:
    web = merged(write, f"image: x\n{base}", over)
    assert env(web) == {"A": "1", "B": "3", "C": "4"}
    places = {setting.name: setting.where.file for setting in web.containers[0].settings}
    assert places == {"A": "a.yml", "B": "b.yml", "C": "b.yml"}


@pytest.mark.parametrize("field", ["command", "entrypoint"])
def test_commands_are_replaced(write, field: str) -> None:
    assert merged(write, f"image: x\n{field}: [a, b]", f"{field}: c d").containers[0].command == ("c", "d")
    assert merged(write, f"image: x\n{field}: [a, b]", f"{field}: null").containers[0].command == ()


def test_healthcheck_test_is_replaced_and_the_rest_merges(write) -> None:
    web = merged(write, "image: x\nhealthcheck: {test: [CMD, a], interval: 5s}", "healthcheck: {test: [CMD, b, c]}")
    probe = web.containers[0].probes.readiness
    assert probe is not None
    assert (probe.command, probe.period) == (("b", "c"), 5000)


def test_ports_append_and_the_same_one_stays_once(write) -> None:
    web = merged(
        write, 'image: x\nports: ["80:80", "127.0.0.1:90:90"]', 'ports: ["80:80", {target: 81, published: 8081}]'
    )
    assert [(port.port, port.published) for port in web.ports] == [(80, 80), (90, None), (81, 8081)]


def test_volumes_merge_by_target(write) -> None:
    web = merged(
        write,
        "image: x\nvolumes: [old:/data, kept:/kept]",
        "volumes: [new:/data:ro, {type: volume, source: more, target: /more}]",
    )
    assert [volume.name for volume in web.volumes] == ["new", "kept", "more"]


def test_depends_on_merges_in_both_forms(write) -> None:
    write(
        {
            "a.yml": "services: {web: {image: x, depends_on: [one, two]}, one: {image: x}, two: {image: x}}",
            "b.yml": "services: {web: {depends_on: {two: {condition: service_healthy, required: false}}}}",
        }
    )
    waits = service(read(["a.yml", "b.yml"]), "web").waits
    assert [(wait.host, wait.optional) for wait in waits] == [("one", False), ("two", True)]


def test_reset_removes_and_override_replaces(write) -> None:
    web = merged(
        write,
        'image: x\nports: ["80:80"]\nexpose: ["9"]\nenvironment: {A: 1, B: 2}\ncommand: run',
        'ports: !override ["81:81"]\nexpose: !reset []\nenvironment: {A: !reset null}\ncommand: !reset null',
    )
    assert [port.port for port in web.ports] == [81]
    assert env(web) == {"B": "2"}
    assert web.containers[0].command == ()


def test_tags_without_anything_below_them_do_no_harm(write) -> None:
    write(
        {
            "a.yml": "services: {w: {image: x, ports: !reset [], expose: !override ['1'], environment: [A=1, !reset B=2]}}"
        }
    )
    web = service(read(["a.yml"]), "w")
    assert ([port.port for port in web.ports], env(web)) == ([1], {"A": "1"})


def test_service_can_be_reset_or_replaced_whole(write) -> None:
    write(
        {
            "a.yml": "services: {web: {image: x, hostname: h}, gone: {image: x}}",
            "b.yml": "services: {web: !override {image: y}, gone: !reset null}",
        }
    )
    draft = read(["a.yml", "b.yml"])
    assert [unit.name for unit in draft.workloads] == ["web"]
    assert draft.workloads[0].hosts == ("web",)


def test_five_layers(write) -> None:
    names = [f"{number}.yml" for number in range(5)]
    write(
        {
            name: f"services: {{web: {{image: 'i:{name[0]}', environment: {{V: {name[0]}, V{name[0]}: x}}}}}}"
            for name in names
        }
    )
    web = service(read(names), "web")
    assert web.containers[0].image == "i:4"
    assert env(web) == {"V": "4", **{f"V{number}": "x" for number in range(5)}}
    assert [place.file for place in web.also_declared] == ["1.yml", "2.yml", "3.yml", "4.yml"]


def test_documents_of_one_file_merge(write) -> None:
    write({"a.yml": "services: {web: {image: x}}\n---\nservices: {web: {environment: {A: 1}}}\n"})
    assert env(service(read(["a.yml"]), "web")) == {"A": "1"}


def test_shapes_that_do_not_merge(write) -> None:
    with pytest.raises(InputError) as caught:
        merged(write, "image: x\nhealthcheck: {test: a}", "healthcheck: [b]")
    assert str(caught.value) == "b.yml:3: services.web.healthcheck: is a list, and merges with a map at a.yml:4"


def test_paths_of_every_file_start_at_the_first(write) -> None:
    write({"a.yml": "services: {web: {image: x}}", "over/b.yml": "services: {web: {env_file: x.env}}", "x.env": "A=1"})
    assert env(service(read(["a.yml", "over/b.yml"]), "web")) == {"A": "1"}


def test_anchors_and_merge_keys(write) -> None:
    write(
        {
            "a.yml": """\
            x-one: &one {A: 1, B: 1}
            x-two: &two {B: 2, C: 2}
            x-base: &base
              image: x
              environment: &env
                <<: [*one, *two]
                D: 4
            services:
              web:
                <<: *base
                environment:
                  <<: *env
                  A: 9
              api: *base
            """
        }
    )
    draft = read(["a.yml"])
    assert env(service(draft, "web")) == {"A": "9", "B": "1", "C": "2", "D": "4"}
    assert env(service(draft, "api")) == {"A": "1", "B": "1", "C": "2", "D": "4"}
    lines = {setting.name: setting.where.line for setting in service(draft, "web").containers[0].settings}
    assert lines == {"A": 13, "B": 1, "C": 2, "D": 7}


def test_interpolation_is_for_values_and_each_file_by_itself(write) -> None:
    write(
        {
            "a.yml": "services: {'web': {image: 'x:${TAG}', labels: {$TAG: '${TAG}'}, environment: ['$TAG=1']}}",
            ".env": "TAG=v1",
        }
    )
    web = service(read(["a.yml"]), "web")
    assert web.containers[0].image == "x:v1"
    assert env(web) == {"v1": "1"}


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


def test_alias_bomb_of_a_service_is_no_burden(write) -> None:
    lines = ["x-0: &a0 {k: v}"] + [f"x-{n}: &a{n} {{one: *a{n - 1}, two: *a{n - 1}}}" for n in range(1, 18)]
    write({"a.yml": "\n".join(lines) + "\nservices: {web: {image: x, x-bomb: *a17}}\n"})
    assert service(read(["a.yml"]), "web").containers[0].image == "x"


def test_deep_alias_bomb_is_refused(write) -> None:
    lines = ["x-0: &a0 [v]"] + [f"x-{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    write({"a.yml": "\n".join(lines) + "\nservices: {web: {image: x, x-bomb: *a9}}\n"})
    with pytest.raises(NovaplanError, match="aliases"):
        read(["a.yml"])
