"""Profiles, and what services need of each other."""

import pytest

from novaplan.importers.compose import import_compose
from novaplan.importers.compose.reading import read
from tests.importers.compose.helpers import message, notes, service

FILE = """\
services:
  web: {image: x}
  debug: {image: x, profiles: [debug, all]}
  seed: {image: x, profiles: seed, depends_on: [web]}
"""


@pytest.mark.parametrize(
    ("profiles", "expected"),
    [
        ([], ["web"]),
        (["debug"], ["web", "debug"]),
        (["all"], ["web", "debug"]),
        (["debug", "seed"], ["web", "debug", "seed"]),
        (["*"], ["web", "debug", "seed"]),
    ],
)
def test_which_take_part(write, profiles: list[str], expected: list[str]) -> None:
    write({"a.yml": FILE})
    assert [unit.name for unit in read(["a.yml"], (), profiles).workloads] == expected


def test_services_of_a_profile_are_optional(write) -> None:
    write({"a.yml": FILE})
    draft = read(["a.yml"], (), ["*"])
    assert [unit.optional for unit in draft.workloads] == [False, True, True]


def test_what_is_off_is_reported(write) -> None:
    write({"a.yml": FILE})
    assert notes(read(["a.yml"]), "left out") == [
        "debug is off: it takes part with --profile debug or all",
        "seed is off: it takes part with --profile seed",
    ]


def test_profiles_of_the_environment_file(write) -> None:
    write({"a.yml": FILE, ".env": "COMPOSE_PROFILES=debug, seed"})
    assert len(read(["a.yml"]).workloads) == 3
    assert len(read(["a.yml"], (), ["seed"]).workloads) == 2


def test_unknown_profile_is_reported_with_the_nearest(write) -> None:
    write({"a.yml": FILE})
    assert "no service has the profile 'debgu' (did you mean 'debug'?)" in notes(
        read(["a.yml"], (), ["debgu"]), "uncertain"
    )


def test_needed_service_of_a_profile_is_taken_in_with_what_it_needs(write) -> None:
    write(
        {
            "a.yml": """\
            services:
              web:
                image: x
                depends_on: [one]
                links: ["two:second"]
                network_mode: "service:three"
                volumes_from: [four]
              one: {image: x, profiles: [p], depends_on: {five: {}, six: {required: false}}}
              two: {image: x, profiles: [p]}
              three: {image: x, profiles: [p]}
              four: {image: x, profiles: [p]}
              five: {image: x, profiles: [p]}
              six: {image: x, profiles: [p]}
            """
        }
    )
    draft = read(["a.yml"])
    assert [unit.name for unit in draft.workloads] == ["web", "one", "two", "three", "four", "five"]
    assert "web needs one, which is off without its profile; it was taken in (docker compose refuses this)" in notes(
        draft, "uncertain"
    )
    assert [wait.host for wait in service(draft, "one").waits] == ["five"]
    waits = {wait.host: wait.ordered for wait in service(draft, "web").waits}
    assert waits == {"one": True, "two": False, "three": True, "four": True}
    assert service(draft, "two").hosts == ("two", "second")


def test_undeclared_service(write) -> None:
    write({"a.yml": "services:\n  web:\n    image: x\n    depends_on:\n      - databse\n  database: {image: y}"})
    expected = "a.yml:5: services.web.depends_on.databse: names the service 'databse', which is not declared"
    assert message(read, ["a.yml"]) == expected + " (did you mean 'database'?)"


def test_undeclared_service_that_is_optional_is_left_out(write) -> None:
    write({"a.yml": "services: {web: {image: x, depends_on: {db: {condition: service_started, required: false}}}}"})
    draft = read(["a.yml"])
    assert draft.workloads[0].waits == ()
    assert notes(draft, "left out") == ["the optional service 'db' is not declared"]


def test_service_that_must_finish_first_is_a_job(write) -> None:
    write(
        {
            "a.yml": """\
            services:
              web: {image: x, depends_on: {migrate: {condition: service_completed_successfully}}}
              migrate: {image: y}
            """
        }
    )
    assert service(read(["a.yml"]), "migrate").kind == "job"


def test_link_alias_that_is_another_service(write) -> None:
    write({"a.yml": "services: {web: {image: x, links: ['a:b']}, a: {image: x}, b: {image: x}}"})
    draft = read(["a.yml"])
    assert service(draft, "a").hosts == ("a",)
    assert notes(draft, "uncertain") == ["the link calls a 'b', which is another service"]


def test_what_is_off_is_not_taken_for_somebody_elses(write) -> None:
    write(
        {
            "a.yml": """\
            services:
              web: {image: x, environment: {MONGO_URL: 'mongodb://docs/a', CACHE_URL: 'redis://side', S_HOST: spare}}
              docs: {image: mongo, profiles: [all]}
              memory: {image: redis, profiles: [all], container_name: side}
              spare: {image: x, profiles: [all]}
            """
        }
    )
    topology, report = import_compose(["a.yml"])
    assert (topology.datastores, topology.dependencies) == ((), ())
    assert sum("is off, so this dependency of web" in line for line in report.lines()) == 3
    assert {store.name for store in import_compose(["a.yml"], profiles=["all"])[0].datastores} == {"docs", "memory"}
