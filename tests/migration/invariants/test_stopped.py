from __future__ import annotations

from novaplan.migration.edits import remove, set_fields
from tests.migration.small import broken, service, step, system, world

OLD, NEW = system(services=[service("web")]), system()
GONE = (remove("service:web"), remove("port:web/http"))
STOP = step("stop", set_fields("service:web", replicas=0))


def test_what_is_scaled_to_zero_may_go() -> None:
    assert broken("stopped", world(OLD, NEW, STOP, step("delete", *GONE, after=("stop",)))) == []


def test_what_may_still_run_may_not() -> None:
    assert broken("stopped", world(OLD, NEW, step("delete", *GONE))) == ["delete"]
    assert broken("stopped", world(OLD, NEW, STOP, step("delete", *GONE))) == ["delete"]
