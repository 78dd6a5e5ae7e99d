"""Names that services answer to, up to the last one dropped."""

from __future__ import annotations

import pytest

from novaplan.migration.planning import plan
from tests.migration.small import become, route, service, system


@pytest.mark.parametrize("kept", [("c", "c", "cart"), ("c", "c")], ids=["the old name too", "its second name alone"])
def test_a_name_stated_twice_stays_as_target_states_it(kept: tuple[str, ...]) -> None:
    current = system(services=[service("web"), service("cart", aliases=["c", "c"])], routes=[route("/", ("web", 100))])
    target = system(services=[service("web", aliases=list(kept))], routes=[route("/", ("web", 100))])
    made = plan(current, become(target, current, cart="web"))
    assert made.state(len(made)).service["web"].aliases == target.service["web"].aliases
    dropped = [step.id for step in made if step.kind == "drop-name"]
    assert dropped == ([] if "cart" in kept else ["drop-name/cart/web"])
