"""Several files over each other: what the merged project says, and where each thing was written."""

import pytest

from novaplan.errors import InputError, NovaplanError
from novaplan.importers.compose.reading import read
from novaplan.importers.draft import Workload
from tests.importers.compose.helpers import env, service


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
        {"a.yml": "services: {w: {image: x, ports: !reset [], expose: !override [1], environment: [A=1, !reset B=2]}}"}
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


def test_alias_bomb_of_a_service_is_no_burden(write) -> None:
    lines = ["x-0: &a0 {k: v}"] + [f"x-{n}: &a{n} {{one: *a{n - 1}, two: *a{n - 1}}}" for n in range(1, 18)]
    write({"a.yml": "\n".join(lines) + "\nservices: {web: {image: x, x-bomb: *a17}}\n"})
    assert service(read(["a.yml"]), "web").containers[0].image == "x"


def test_deep_alias_bomb_is_refused(write) -> None:
    lines = ["x-0: &a0 [v]"] + [f"x-{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    write({"a.yml": "\n".join(lines) + "\nservices: {web: {image: x, x-bomb: *a9}}\n"})
    with pytest.raises(NovaplanError, match="aliases"):
        read(["a.yml"])
