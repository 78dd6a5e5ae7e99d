"""The engine against brute force: what it says of all states is what looking at each of them says."""

from __future__ import annotations

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from novaplan.migration import obligations
from novaplan.migration.edits import remove, set_fields
from novaplan.migration.obligations import Obligation, Shortfall, leaves
from novaplan.migration.proof import arrival, confluence, ways_back
from novaplan.migration.world import View, World
from novaplan.topology.service import Service
from tests.migration.randomly import NAMES, Plain, down_sets, parts, worlds
from tests.migration.small import service, step, system, to, world

TABLES = st.dictionaries(st.integers(0, 4), st.integers(0, 3))


def question(table: dict[int, int], first: str, second: str) -> Obligation:
    """Reads one service, and a second one only where the first asks for it."""

    def check(view: View | Plain) -> Shortfall | None:
        one = view.part(f"service:{first}", Service)
        amount = 0 if one is None else table.get(one.replicas, 0)
        if one is not None and one.replicas % 2:
            two = view.part(f"service:{second}", Service)
            amount += 2 if two is None else table.get(two.replicas + 1, 0)
        return Shortfall("short", amount, "mend it") if amount else None

    return Obligation("it", check)


QUESTIONS = st.builds(question, TABLES, st.sampled_from(NAMES), st.sampled_from(NAMES))


@given(worlds(), QUESTIONS)
def test_an_obligation_is_answered_as_by_looking_at_every_state(of: World, asked: Obligation) -> None:
    amounts = {mask: _amount(asked.check(Plain(parts(of, mask)))) for mask in down_sets(of)}  # type: ignore[arg-type]
    rises = any(
        mask >> node & 1 and amounts.get(mask ^ 1 << node, mask and amount) < amount
        for mask, amount in amounts.items()
        for node in range(of.order.size)
    )

    found = obligations.answer(of, asked)

    assert (found.at_start, found.worst) == (amounts[0], max(amounts.values()))
    assert (found.breach is not None) is (rises or amounts[of.everything] > 0)
    assert found.states <= len(amounts)
    if found.breach is not None:
        mask, shortfall = found.breach
        assert _amount(asked.check(of.view(mask))) == shortfall.amount > 0


@given(worlds(), QUESTIONS)
def test_leaves_part_all_states_among_them(of: World, asked: Obligation) -> None:
    found = list(leaves(of, asked.check))

    for mask in down_sets(of):
        (leaf,) = [leaf for leaf in found if not leaf.done & ~mask and not leaf.waiting & mask]
        assert _amount(leaf.found) == _amount(asked.check(of.view(mask)))


def _amount(shortfall: Shortfall | None) -> int:
    return 0 if shortfall is None else int(shortfall.amount)


@given(worlds(most=4))
def test_confluence_finds_every_order_that_ends_elsewhere(of: World) -> None:
    if list(confluence(of)):
        return
    ends = []
    for order in permutations(range(of.order.size)):
        place = {node: index for index, node in enumerate(order)}
        if all(place[before] < place[node] for node in order for before in of.order.direct[node]):
            ends.append(_end(of, order))
        if len(ends) > 50:
            break
    assert all(end == ends[0] for end in ends)


def _end(of: World, order: tuple[int, ...]) -> dict[str, object]:
    from novaplan.migration.edits import Value, apply
    from novaplan.topology.parts import split

    found: dict[str, Value] = dict(split(of.current))
    for node in order:
        apply(of.edits[node], found)
    return dict(found)


WEB = system(services=[service("web")])
NONE = system()


def test_two_that_change_one_part_need_an_order() -> None:
    one, two = (step(name, set_fields("service:web", replicas=count)) for name, count in (("one", 3), ("two", 4)))
    after = step("two", *two.edits, after=("one",))

    assert [breach.subject for breach in confluence(world(WEB, WEB, one, two))] == ["service:web"]
    assert list(confluence(world(WEB, WEB, one, after))) == []
    assert list(confluence(world(WEB, WEB, one, step("two", *one.edits)))) == []


def test_the_end_is_target() -> None:
    told = {(breach.subject, breach.message.partition(",")[0]) for breach in arrival(world(WEB, NONE))}

    assert told == {
        ("service:web", "is left over: target has no such part"),
        ("port:web/http", "is left over: target has no such part"),
    }
    gone = step("a", remove("service:web"), remove("port:web/http"))
    assert list(arrival(world(WEB, NONE, gone))) == []
    made = step("a", to("service:web", WEB))
    assert [breach.subject for breach in arrival(world(NONE, WEB, made))] == ["port:web/http"]
    other = step("a", set_fields("service:web", replicas=9))
    assert [breach.message for breach in arrival(world(WEB, WEB, other))] == ["ends up other than in target"]


def test_a_way_back_is_there_for_each_step_that_can_be_undone() -> None:
    gone = step("a", remove("service:web"), remove("port:web/http"))
    silent = step("a", *gone.edits, rollback=())
    final = step("a", *gone.edits, rollback=(), reversible=False)

    assert list(ways_back(world(WEB, NONE, gone))) == list(ways_back(world(WEB, NONE, final))) == []
    assert [breach.subject for breach in ways_back(world(WEB, NONE, silent))] == ["a"]


@given(worlds(most=5))
def test_undoing_a_step_always_gives_the_state_before(of: World) -> None:
    assert list(ways_back(of)) == []
