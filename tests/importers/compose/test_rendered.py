"""Compose files that novaplan rendered: what was only made for the system is left out, the record is put back."""

from __future__ import annotations

import pytest

from novaplan.errors import InputError
from novaplan.importers.compose import import_compose
from novaplan.topology import records
from novaplan.topology.patch import between
from novaplan.topology.storage import loads
from tests.importers.compose.conftest import Write


def record(before: str, after: str) -> str:
    return records.write(between(loads(before), loads(after)))


def test_what_was_made_for_a_part_is_left_out(write: Write) -> None:
    made = "x-novaplan-generated-for: 'datastore:db'"
    write(
        {
            "compose.yml": f"""\
            services:
              web: {{image: web, depends_on: [init], secrets: [own, made], configs: [made]}}
              init: {{image: init, {made}}}
            secrets: {{own: {{external: true}}, made: {{external: true, {made}}}}}
            configs: {{made: {{content: x, {made}}}}}
            networks: {{made: {{{made}}}}}
            """
        }
    )
    topology, _ = import_compose(["compose.yml"])

    assert set(topology.service) == {"web"}
    assert [secret.name for secret in topology.secrets] == ["own"]
    assert topology.unmodelled == ()
    assert topology.service["web"].startup.wait_for == ()


def test_records_at_the_top_and_at_services_are_put_back(write: Write) -> None:
    of_web = record("services: [{name: web}]", "services: [{name: web, description: costs $5}]")
    of_all = record("{}", "name: nova\nexternals: [{name: mail}]")
    write(
        {
            "folder/compose.yml": f"""\
            services:
              web: {{image: web, x-novaplan-record: '{of_web}'}}
            x-novaplan-record: '{of_all}'
            """
        }
    )
    topology, report = import_compose(["folder/compose.yml"])

    assert topology.name == "nova"
    assert topology.service["web"].description == "costs $5"
    assert set(topology.external) == {"mail"}
    assert report.uncertain == ()


def test_a_service_that_was_taken_out_takes_its_record_along(write: Write) -> None:
    of_web = record("services: [{name: web}]", "services: [{name: web, description: pages}]")
    write({"compose.yml": f"services: {{api: {{image: api}}}}\nx-novaplan-record: '{of_web}'\n"})
    _, report = import_compose(["compose.yml"])

    assert [note.message for note in report.uncertain] == [
        "the record: service:web is not here any more; what was recorded of it was left out"
    ]


@pytest.mark.parametrize("place", ["top", "service"])
@pytest.mark.parametrize("text", ["x", "7", "[1]", "{added: 1}"])
def test_what_novaplan_did_not_write_is_one_clear_line(write: Write, place: str, text: str) -> None:
    broken = f"x-novaplan-record: {text}"
    inside = f", {broken}" if place == "service" else ""
    write({"compose.yml": f"services:\n  web: {{image: web{inside}}}\n" + (f"{broken}\n" if place == "top" else "")})

    with pytest.raises(InputError) as caught:
        import_compose(["compose.yml"])
    line = 2 if place == "service" else 3
    field = "services.web.x-novaplan-record" if place == "service" else "x-novaplan-record"
    assert str(caught.value).startswith(f"compose.yml:{line}: {field}: is no record that novaplan wrote")
    assert len(str(caught.value).splitlines()) == 1
