"""What holds for every system: nothing is lost, nothing is guessed, and the order of the input carries no meaning."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from novaplan.consolidation import consolidate
from novaplan.consolidation.rules import Rules
from novaplan.errors import ConsolidationRefused, NovaplanError, PolicyError
from novaplan.topology.parts import SYSTEM, split
from novaplan.topology.storage import dumps, loads
from novaplan.topology.system import PROVENANCE, Topology
from tests.consolidation.settling import read, settled
from tests.strategies import topologies

EXAMPLES = settings(max_examples=40)


def renaming(topology: Topology, names: dict[str, str]) -> dict[str, Any]:
    return {
        "name": "rename",
        "target": topology.name,
        "target_description": topology.description,
        "groups": [{"name": names[name], "members": [name]} for name in topology.service],
        "datastores": [{"name": names[name], "members": [name]} for name in topology.datastore],
    }


def differences(one: Topology, other: Topology) -> list[tuple[str, str, Any, Any]]:
    """Part, field and both values, wherever two systems differ; lineage is no part."""
    first, second = split(one), split(other)
    return [
        (part, name, getattr(first.get(part), name, None), getattr(second.get(part), name, None))
        for part in sorted({*first, *second})
        for name in type(first.get(part) or second[part]).model_fields
        if getattr(first.get(part), name, None) != getattr(second.get(part), name, None)
    ]


@st.composite
def groupings(draw: st.DrawFn, topology: Topology) -> dict[str, Any]:
    """A policy of any groups and rules, which states nothing yet."""
    names = sorted(topology.service)
    homes = [draw(st.integers(0, 2)) for _ in names]
    groups = []
    for number in sorted(set(homes)):
        members = [name for name, home in zip(names, homes, strict=True) if home == number]
        group: dict[str, Any] = {
            "name": f"group-{number}",
            "members": members,
            "primary": draw(st.sampled_from(members)),
        }
        internal = draw(st.sampled_from((None, "in-process", "loopback")))
        if internal is not None:
            group["internal"] = internal
        group["keep_names"] = draw(st.booleans())
        groups.append(group)
    values = {name: field.annotation.__args__ for name, field in Rules.model_fields.items()}  # type: ignore[union-attr]
    rules = {name: draw(st.sampled_from(allowed)) for name, allowed in values.items()}
    return {"name": "any", "rules": rules, "groups": groups, "datastores": draw(_stores(topology))}


@st.composite
def _stores(draw: st.DrawFn, topology: Topology) -> list[dict[str, Any]]:
    """Sometimes two servers of one kind become one."""
    by_kind: dict[str, list[str]] = {}
    for store in topology.datastores:
        by_kind.setdefault(store.kind, []).append(store.name)
    several = [members for members in by_kind.values() if len(members) > 1]
    return [{"name": f"store-{n}", "members": members} for n, members in enumerate(several) if draw(st.booleans())]


@EXAMPLES
@given(topologies())
def test_one_service_for_each_group_changes_nothing_but_names(topology: Topology) -> None:
    forth = {name: f"renamed-{n}" for n, name in enumerate([*topology.service, *topology.datastore])}
    back = {new: old for old, new in forth.items()}

    there = consolidate(topology, read(renaming(topology, forth)))
    again = consolidate(there, read(renaming(there, back)))

    assert set(there.service) | set(there.datastore) == set(back)
    found = differences(again, topology)
    assert not found, found


@EXAMPLES
@given(topologies())
def test_the_same_names_change_nothing(topology: Topology) -> None:
    names = {name: name for name in [*topology.service, *topology.datastore]}
    target = consolidate(topology, read(renaming(topology, names)))

    found = differences(target, topology)
    assert not found, found
    assert target.lineage is not None
    assert {heir.fate for heir in target.lineage.parts} <= {"kept"}


@EXAMPLES
@given(st.data(), topologies())
def test_whatever_is_refused_is_settled_by_what_the_refusal_says(data: st.DataObject, topology: Topology) -> None:
    policy = data.draw(groupings(topology))

    target, _ = settled(topology, policy)

    assert set(target.service) == {group["name"] for group in policy["groups"]}
    assert_nothing_lost(topology, target)
    assert loads(dumps(target)) == target  # what rules and settings gave is what a file may hold


def assert_nothing_lost(topology: Topology, target: Topology) -> None:
    assert target.lineage is not None
    parts, left = split(topology), split(target)
    told = [heir.part for heir in target.lineage.parts]
    assert told == sorted(set(parts) - {SYSTEM})
    for heir in target.lineage.parts:
        assert bool(heir.into) != bool(heir.reason), heir
        assert set(heir.into) <= set(left), heir
        assert heir.fate in (("internal", "retired") if heir.reason else ("kept", "moved", "absorbed")), heir


@EXAMPLES
@given(st.data(), topologies(), st.randoms(use_true_random=False))
def test_order_carries_no_meaning(data: st.DataObject, topology: Topology, chance: random.Random) -> None:
    policy = data.draw(groupings(topology))
    settled_policy = policy if data.draw(st.booleans()) else settled(topology, policy)[1]
    other = Topology.model_validate(shuffled(topology.to_dict(), chance))
    shuffled_policy = {**settled_policy, "groups": shuffled_groups(settled_policy["groups"], chance)}

    assert outcome(topology, settled_policy) == outcome(other, shuffled_policy)


def shuffled(value: Any, chance: random.Random) -> Any:
    """Every list of parts in another order; of words, as in a command, the order counts."""
    if isinstance(value, dict):
        return {key: item if key in PROVENANCE else shuffled(item, chance) for key, item in value.items()}
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return chance.sample([shuffled(item, chance) for item in value], len(value))
    return value


def shuffled_groups(groups: list[dict[str, Any]], chance: random.Random) -> list[dict[str, Any]]:
    found = [{**group, "members": chance.sample(group["members"], len(group["members"]))} for group in groups]
    chance.shuffle(found)
    return found


def outcome(topology: Topology, policy: dict[str, Any]) -> Any:
    """What comes out, or what is said against it; nothing but an expected error may be raised."""
    parsed = read(policy)
    try:
        return consolidate(topology, parsed)
    except (ConsolidationRefused, PolicyError) as refused:
        return type(refused), refused.problems
    except NovaplanError as error:
        raise AssertionError(f"{type(error).__name__} is no answer to a policy") from error
