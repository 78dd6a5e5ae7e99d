"""The fields of a service, each in all its forms."""

import pytest

from novaplan.importers.compose.reading import read
from novaplan.importers.draft import Port, Workload
from novaplan.topology.service import Probe
from tests.importers.compose.helpers import arguments, env, message, notes, service


def web(write, body: str, **files: str) -> Workload:
    write({"a.yml": f"services:\n  web:\n    image: x\n    {body}\n", **files})
    return service(read(["a.yml"]), "web")


class TestEnvironment:
    def test_values_as_compose_hands_them_over(self, write) -> None:
        unit = web(
            write, "environment: {T: true, Q: 'yes', Y: yes, I: 0x10, F: 1.50, W: 2.0, N: , E: '', D: 2020-01-01}"
        )
        expected = {
            "T": "true",
            "Q": "yes",
            "Y": "yes",
            "I": "16",
            "F": "1.5",
            "W": "2",
            "N": None,
            "E": "",
            "D": "2020-01-01",
        }
        assert env(unit) == expected

    def test_list_with_equals_signs_in_values(self, write) -> None:
        assert env(web(write, "environment: ['A=b=c', 'B=', C]")) == {"A": "b=c", "B": "", "C": None}

    def test_name_alone_takes_its_value_from_the_environment_files(
        self, write, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("A", "machine")
        monkeypatch.setenv("B", "machine")
        write({"a.yml": "services: {web: {image: 'x:$B', environment: [A, B]}}", "e.env": "A=file"})
        draft = read(["a.yml"], ["e.env"])
        assert env(service(draft, "web")) == {"A": "file", "B": None}
        assert draft.workloads[0].containers[0].image == "x:"
        assert "the variable B is not set, and was taken as empty" in notes(draft, "uncertain")

    def test_env_files_in_all_forms(self, write) -> None:
        files = {"one.env": "A=1\nB=1\nC=$A$TOP", "two.env": "B=2", "raw.env": "R='$A'", ".env": "TOP=t"}
        body = "env_file: [one.env, {path: two.env}, {path: raw.env, format: raw}, {path: no.env, required: false}]"
        unit = web(write, body + "\n    environment: {A: 9}", **files)
        assert env(unit) == {"B": "2", "C": "1t", "R": "'$A'", "A": "9"}
        assert env(web(write, "env_file: one.env", **files)) == {"A": "1", "B": "1", "C": "1t"}

    def test_env_file_that_is_missing_is_reported(self, write) -> None:
        write({"a.yml": "services: {web: {image: x, env_file: no.env}}"})
        assert notes(read(["a.yml"]), "uncertain") == [
            "the environment file no.env is missing; its variables are not known here"
        ]

    def test_later_environment_files_of_the_command_line_go_first(self, write) -> None:
        write({"a.yml": "services: {web: {image: 'x:$A$B$C'}}", "1": "A=1\nB=1", "2": "B=2$A", ".env": "C=no"})
        assert read(["a.yml"], ["1", "2"]).workloads[0].containers[0].image == "x:121"

    def test_env_file_is_shared_when_different_programs_take_it(self, write) -> None:
        write(
            {
                "a.yml": """\
                services:
                  a: {image: x, env_file: s.env}
                  b: {image: y, env_file: s.env}
                  c: {image: x, env_file: o.env}
                  d: {image: x, env_file: o.env}
                """,
                "s.env": "S=1",
                "o.env": "O=1",
            }
        )
        draft = read(["a.yml"])
        assert [unit.containers[0].settings[0].shared for unit in draft.workloads] == [
            "env file s.env",
            "env file s.env",
            None,
            None,
        ]

    def test_places(self, write) -> None:
        unit = web(write, "environment:\n      A: 1\n    env_file: e.env", **{"e.env": "\nB=1"})
        places = {setting.name: setting.where for setting in unit.containers[0].settings}
        assert (places["A"].file, places["A"].line, places["A"].field) == ("a.yml", 5, "services.web.environment.A")
        assert (places["B"].file, places["B"].line, places["B"].field) == ("e.env", 2, "B")


class TestPorts:
    @pytest.mark.parametrize(
        ("entry", "expected"),
        [
            ("'80'", [Port(80)]),
            ("80", [Port(80)]),
            ("'8080:80'", [Port(80, published=8080)]),
            ("8080:80", [Port(80, published=8080)]),
            ("'127.0.0.1:8080:80'", [Port(80)]),
            ("'0.0.0.0:8080:80/tcp'", [Port(80, published=8080)]),
            ("'127.0.0.1::80'", [Port(80)]),
            ("'[::1]:8080:80'", [Port(80)]),
            ("'[::]:8080:80'", [Port(80, published=8080)]),
            ("'6060:6060/udp'", [Port(6060, protocol="udp", published=6060)]),
            ("'3000-3001'", [Port(3000), Port(3001)]),
            ("'9090-9091:80-81'", [Port(80, published=9090), Port(81, published=9091)]),
            ("'9000-9999:80'", [Port(80)]),
            ("{target: 80}", [Port(80)]),
            (
                "{target: '80', published: '8080', protocol: udp, name: web}",
                [Port(80, "web", protocol="udp", published=8080)],
            ),
            ("{target: 80, published: 8080, host_ip: 127.0.0.1, app_protocol: grpc}", [Port(80, protocol="grpc")]),
            ("{target: 80, published: '8000-9000'}", [Port(80)]),
        ],
    )
    def test_forms(self, write, entry: str, expected: list[Port]) -> None:
        assert list(web(write, f"ports: [{entry}]").ports) == expected

    def test_expose_comes_after_and_once(self, write) -> None:
        unit = web(write, "ports: ['8080:80']\n    expose: ['80', 81, '90-91/udp']")
        assert list(unit.ports) == [
            Port(80, published=8080),
            Port(81),
            Port(90, protocol="udp"),
            Port(91, protocol="udp"),
        ]

    def test_same_number_over_tcp_and_udp(self, write) -> None:
        assert len(web(write, "ports: ['53:53', '53:53/udp', '54:53']").ports) == 2

    def test_thousands_of_ports_are_cut_short(self, write) -> None:
        write({"a.yml": "services: {web: {image: x, ports: ['10000-20000:10000-20000/udp']}}"})
        draft = read(["a.yml"])
        assert len(draft.workloads[0].ports) == 100
        assert notes(draft, "left out") == ["of the ports 10000-20000 only the first 100 were taken"] * 1

    @pytest.mark.parametrize(
        "entry", ["'x'", "'0:80'", "'80:99999'", "'90-80'", "{published: 80}", "[]", "{target: x}", "-1"]
    )
    def test_errors_say_where(self, write, entry: str) -> None:
        write({"a.yml": f"services:\n  web:\n    image: x\n    ports:\n      - {entry}"})
        assert message(read, ["a.yml"]).startswith("a.yml:5: services.web.ports[0]")


class TestCommands:
    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            ("command: run --db 'a b' \"c\"", ("run", "--db", "a b", "c")),
            ("command: [run, 1, true]", ("run", "1", "true")),
            ("command: >\n      redis-server\n      --appendonly yes", ("redis-server", "--appendonly", "yes")),
            ("entrypoint: [/tini, --]\n    command: serve now", ("/tini", "--", "serve", "now")),
            ("command: []", ()),
            ("command: ''", ()),
        ],
    )
    def test_forms(self, write, body: str, expected: tuple[str, ...]) -> None:
        assert web(write, body).containers[0].command == expected

    def test_quote_that_is_not_closed_is_told(self, write) -> None:
        write({"a.yml": 'services: {web: {image: x, command: "it\'s a"}}'})
        draft = read(["a.yml"])
        assert draft.workloads[0].containers[0].command == ("it's", "a")
        assert "a quote in the command is not closed; the command was split at its spaces" in notes(draft, "uncertain")

    def test_arguments_see_the_variables_of_the_container(self, write) -> None:
        unit = web(
            write, "command: [run, '--db=$$DB', '${UNSET}x', '$(cat f)']\n    environment: {DB: 'postgres://db/shop'}"
        )
        assert arguments(unit) == ["run", "postgres://db/shop", "x", "$(cat f)"]
        assert unit.containers[0].command == ("run", "--db=$DB", "x", "$(cat f)")


class TestHealthchecks:
    def probe(self, write, body: str) -> Probe | None:
        return web(write, f"healthcheck: {body}").containers[0].probes.readiness

    def test_times_and_their_defaults(self, write) -> None:
        probe = self.probe(write, "{test: [CMD, a], interval: 1m30s, timeout: 500ms, retries: '4', start_period: 1.5s}")
        assert probe is not None
        assert (probe.period, probe.timeout, probe.failure_threshold, probe.initial_delay) == (90_000, 500, 4, 1500)
        probe = self.probe(write, "{test: [CMD, a]}")
        assert probe is not None
        assert (probe.period, probe.timeout, probe.failure_threshold, probe.initial_delay) == (30_000, 30_000, 3, 0)

    @pytest.mark.parametrize(
        ("test", "command"),
        [
            ("[CMD, pg_isready, -U, me]", ("pg_isready", "-U", "me")),
            ("[CMD-SHELL, 'a || b']", ("/bin/sh", "-c", "a || b")),
            ("a || b", ("/bin/sh", "-c", "a || b")),
            ("[CMD, curl, 'http://other:80/x']", ("curl", "http://other:80/x")),
        ],
    )
    def test_commands(self, write, test: str, command: tuple[str, ...]) -> None:
        probe = self.probe(write, f"{{test: {test}}}")
        assert probe is not None
        assert (probe.type, probe.command) == ("exec", command)

    @pytest.mark.parametrize(
        ("test", "path", "port"),
        [
            ("[CMD, curl, -f, 'http://localhost']", "/", 80),
            ("[CMD-SHELL, 'curl -f http://127.0.0.1:8084/health?x=1 || exit 1']", "/health", 8084),
            ("wget --spider -q https://web/up", "/up", 443),
        ],
    )
    def test_http(self, write, test: str, path: str, port: int) -> None:
        probe = self.probe(write, f"{{test: {test}}}")
        assert probe is not None
        assert (probe.type, probe.path, probe.port) == ("http", path, port)

    @pytest.mark.parametrize(
        "body", ["{disable: true, test: a}", "{test: [NONE]}", "{test: []}", "{interval: 5s}", "{test: ''}"]
    )
    def test_none(self, write, body: str) -> None:
        assert self.probe(write, body) is None

    @pytest.mark.parametrize(
        "body", ["{test: [a, b]}", "{test: [CMD, a], interval: 5}", "{test: [CMD, a], retries: x}", "[a]", "{test: {}}"]
    )
    def test_errors(self, write, body: str) -> None:
        write({"a.yml": f"services:\n  web:\n    image: x\n    healthcheck: {body}"})
        assert message(read, ["a.yml"]).startswith("a.yml:4: services.web.healthcheck")


class TestResources:
    def test_new_fields(self, write) -> None:
        amounts = "limits: {cpus: '0.50', memory: 512M}, reservations: {cpus: 0.25, memory: 1.5gb}"
        unit = web(write, f"deploy: {{replicas: 3, resources: {{{amounts}}}}}")
        stated = unit.containers[0].resources
        assert (stated.limits.cpu, stated.limits.memory) == (500, 512 << 20)
        assert (stated.requests.cpu, stated.requests.memory) == (250, 1536 << 20)
        assert unit.replicas == 3

    def test_old_fields(self, write) -> None:
        unit = web(write, "mem_limit: 64m\n    mem_reservation: 1024\n    cpus: 1.5\n    scale: 2")
        stated = unit.containers[0].resources
        assert (stated.limits.cpu, stated.limits.memory, stated.requests.memory) == (1500, 64 << 20, 1024)
        assert unit.replicas == 2

    def test_no_limit(self, write) -> None:
        stated = web(write, "mem_limit: 0\n    cpus: 0").containers[0].resources
        assert (stated.limits.cpu, stated.limits.memory) == (None, None)

    @pytest.mark.parametrize(
        "body", ["mem_limit: lots", "cpus: -1", "deploy: {replicas: -1}", "deploy: [a]", "scale: 1.5"]
    )
    def test_errors(self, write, body: str) -> None:
        write({"a.yml": f"services:\n  web:\n    image: x\n    {body}"})
        assert message(read, ["a.yml"]).startswith("a.yml:4: services.web.")

    def test_kind_and_time_to_stop(self, write) -> None:
        assert web(write, "deploy: {mode: global}").kind == "daemonset"
        assert web(write, "stop_grace_period: 1m").termination.grace == 60_000


class TestNames:
    def test_every_name(self, write) -> None:
        unit = web(
            write,
            "container_name: shop-web\n    hostname: web-host\n"
            "    networks: {a: {aliases: [www, web]}, b: {ipv4_address: 10.0.0.5}, c: }",
        )
        assert unit.hosts == ("web", "shop-web", "web-host", "www", "10.0.0.5")

    def test_networks_as_a_list(self, write) -> None:
        assert web(write, "networks: [a, b]").hosts == ("web",)

    def test_host_entry_for_a_fixed_address(self, write) -> None:
        write(
            {
                "a.yml": """\
                services:
                  web: {image: x, extra_hosts: ["database=10.0.0.5", "out:host-gateway", "v6=[::1]"]}
                  api: {image: x, extra_hosts: {store: 10.0.0.5}}
                  db: {image: y, networks: {n: {ipv4_address: 10.0.0.5}}}
                """
            }
        )
        assert [(item.name, item.target) for item in read(["a.yml"]).redirects] == [("database", "db"), ("store", "db")]

    @pytest.mark.parametrize(
        ("files", "name"),
        [
            ({"a.yml": "name: My_Shop.1\nservices: {}"}, "my_shop1"),
            ({"a.yml": "name: '${N}'\nservices: {}", ".env": "N=shop"}, "shop"),
            ({"a.yml": "name: a\nservices: {}", ".env": "COMPOSE_PROJECT_NAME=b"}, "b"),
            ({"a.yml": "name: '!'\nservices: {}"}, "system"),
        ],
    )
    def test_of_the_project(self, write, files: dict[str, str], name: str) -> None:
        write(files)
        assert read(["a.yml"]).name == name

    def test_of_the_folder_and_in_values(self, write) -> None:
        write({"Some.Folder/a.yml": "services: {web: {image: '$COMPOSE_PROJECT_NAME'}}"})
        draft = read(["Some.Folder/a.yml"])
        assert (draft.name, draft.workloads[0].containers[0].image) == ("somefolder", "somefolder")


def test_build_alone_has_no_image(write) -> None:
    write({"a.yml": "services: {a: {build: .}, b: {build: {context: ./b}}, c: {hostname: h}}"})
    draft = read(["a.yml"])
    assert [unit.containers[0].image for unit in draft.workloads] == [None, None, None]
    assert notes(draft, "uncertain") == ["the service has neither an image nor a build"]


def test_field_that_compose_does_not_know(write) -> None:
    write({"a.yml": "services: {web: {image: x, enviroment: {A: 1}, x-own: 1}}"})
    assert notes(read(["a.yml"]), "left out") == [
        "compose knows no field 'enviroment' of a service (did you mean 'environment'?)"
    ]


@pytest.mark.parametrize("args", ["{API: 'http://api', N: }", "['API=http://api', N]"])
def test_arguments_of_the_build(write, args: str) -> None:
    write({"a.yml": f"services: {{web: {{build: {{context: ., args: {args}}}}}}}"})
    settings = read(["a.yml"]).workloads[0].containers[0].settings
    assert [(item.name, item.text, item.source) for item in settings] == [("API", "http://api", "other")]


def test_override_file_that_was_not_named(write) -> None:
    write({"compose.yaml": "services: {web: {image: x}}", "compose.override.yml": "services: {web: {image: y}}"})
    expected = "compose.override.yml was not named and not read; name it after compose.yaml to merge it"
    assert notes(read(["compose.yaml"]), "left out") == [expected]
    assert notes(read(["compose.yaml", "compose.override.yml"]), "left out") == []
