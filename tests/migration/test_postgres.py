"""Commands for PostgreSQL: names are names and nothing else, and no value of a Secret stands in them."""

from __future__ import annotations

import shlex

from hypothesis import given
from hypothesis import strategies as st

from novaplan.migration.postgres import Server, connection, key_of, must, server_of
from novaplan.migration.postgres_copy import Copying, Side, copied, prepared, published, turned, turned_back
from novaplan.render.credentials import server_secret
from novaplan.topology.datastore import Datastore
from tests.migration.planned import planned

LABELS = st.text(st.characters(min_codepoint=33, max_codepoint=382, exclude_characters="\x7f"), min_size=1, max_size=20)
ALONE = Server("db", None)
"""In the namespace that the draft fills in."""


@given(LABELS.filter(lambda name: not any(letter.isspace() for letter in name)))
def test_a_database_is_one_word_of_the_shell(name: str) -> None:
    words = shlex.split(ALONE.plain_psql(name, "SELECT 1"))
    assert words[words.index("-d") + 1] == connection(name)
    assert words[-1] == "SELECT 1"


@given(LABELS)
def test_no_text_ends_a_block(name: str) -> None:
    block = must("true", name)
    tag = block.split()[1]
    assert block.count(tag) == 2
    assert block.endswith(tag)


def test_every_command_names_its_namespace_and_who_leads() -> None:
    leads = Server("db", "data", 3)
    asked, command = leads.psql("shop", "SELECT 1").splitlines()
    assert asked.startswith("db_leader=$(kubectl -n data exec statefulset/db -c db -- patronictl")
    assert command.startswith('kubectl -n data exec -i "$db_leader" -c db -- psql -U postgres')
    assert ALONE.psql("shop", "SELECT 1").startswith("kubectl -n @home@ exec -i db-0 -c db -- psql -U postgres")
    assert Server("far.example", None, managed=True).psql("shop", "SELECT 1").startswith("psql -h far.example")


def test_the_superuser_is_the_one_that_the_server_was_made_with() -> None:
    made = {"name": "db", "kind": "postgres", "env": [{"name": "POSTGRES_USER", "value": "root"}]}
    assert server_of(Datastore.model_validate(made)).superuser == "root"


def test_the_secret_is_the_one_that_is_rendered() -> None:
    assert ALONE.secret == server_secret("db")
    assert key_of(None, "s", "a.b") == "\"$(kubectl -n @home@ get secret s -o 'jsonpath={.data.a\\.b}')\""


def test_turning_back_is_turning_the_other_way_round() -> None:
    copy = Copying(Side(ALONE, "a"), Side(Server("new", "data"), "b"), "copy")
    other = Copying(copy.new, copy.old, "copy")
    assert len(turned(copy)) == len(turned_back(copy)) == len(turned(other))
    told = [action for part in (prepared, published, copied, turned, turned_back) for action in part(copy)]
    assert all(action.command for action in told)


def test_no_step_of_the_plans_here_leaves_a_name_open() -> None:
    for step in planned():
        told = [*(action.command for action in (*step.actions, *step.rollback)), *(gate.query for gate in step.gates)]
        for text in told:
            assert "...." not in text
            assert "TABLE ..." not in text
            assert "ROLE ..." not in text
