"""Whether a policy fits the topology it is applied to."""

from collections.abc import Iterable, Iterator

from novaplan.consolidation.policy import Policy
from novaplan.errors import PolicyError, nearest
from novaplan.topology.base import duplicates
from novaplan.topology.parts import split
from novaplan.topology.system import Topology
from novaplan.topology.validation import placed

Path = tuple[str | int, ...]
Finding = tuple[Path, str]


def require_fit(policy: Policy, topology: Topology) -> None:
    """Raise ``PolicyError`` with every name that does not fit, or return."""
    findings = [*_groups(policy, topology), *_datastores(policy, topology), *_names(policy, topology)]
    if findings:
        raise PolicyError([placed(policy.document, path, message) for path, message in findings])


def _groups(policy: Policy, topology: Topology) -> Iterator[Finding]:
    home: dict[str, str] = {}
    for index, group in enumerate(policy.groups):
        place: Path = ("groups", index)
        for member in group.members:
            if member not in topology.service:
                yield (*place, "members"), _unknown("service", member, topology.service)
            elif member in home:
                yield (*place, "members"), f"{member!r} is already in group {home[member]!r}; keep it in one"
            home.setdefault(member, group.name)
        if group.primary is not None and group.primary not in group.members:
            yield (
                (*place, "primary"),
                f"{group.primary!r} is no member of the group{nearest(group.primary, group.members)}",
            )
    for index, name in duplicates(policy.groups, lambda group: group.name):
        yield ("groups", index, "name"), f"there are two groups {name!r}; keep one"
    left = [name for name in topology.service if name not in home]
    if left:
        yield ("groups",), f"no group has {', '.join(sorted(left))}; give each a group, if only of its own"


def _datastores(policy: Policy, topology: Topology) -> Iterator[Finding]:
    home: dict[str, str] = {}
    for index, group in enumerate(policy.datastores):
        place: Path = ("datastores", index)
        kinds = {}
        for member in group.members:
            store = topology.datastore.get(member)
            if store is None:
                yield (*place, "members"), _unknown("datastore", member, topology.datastore)
            elif member in home:
                yield (*place, "members"), f"{member!r} is already in group {home[member]!r}; keep it in one"
            else:
                kinds[store.kind] = member
            home.setdefault(member, group.name)
        if len(kinds) > 1:
            told = " and ".join(f"{name} ({kind})" for kind, name in kinds.items())
            yield (*place, "members"), f"{told} cannot become one server"
    stays = {store.name for store in topology.datastores if store.name not in home} | set(topology.external)
    taken = {group.name for group in policy.groups}
    for index, item in duplicates([*policy.datastores], lambda group: group.name):
        yield ("datastores", index, "name"), f"there are two groups {item!r}; keep one"
    for index, group in enumerate(policy.datastores):
        if group.name in taken or group.name in stays:
            yield ("datastores", index, "name"), f"{group.name!r} is the name of something else in the target"
    for index, services in enumerate(policy.groups):
        if services.name in stays:
            yield ("groups", index, "name"), f"{services.name!r} is the name of something else in the target"


def _names(policy: Policy, topology: Topology) -> Iterator[Finding]:
    """Every other name the policy uses."""
    stores = {store.name for store in topology.datastores} - {m for g in policy.datastores for m in g.members}
    stores |= {group.name for group in policy.datastores}
    services = {group.name for group in policy.groups}
    everything = services | stores | set(topology.external)
    for index, group in enumerate(policy.groups):
        for position, choice in enumerate(group.logical_dbs):
            if choice.server not in stores:
                message = _unknown("datastore of the target", choice.server, stores)
                yield ("groups", index, "logical_dbs", position, "server"), message
    for index, item in enumerate(policy.dependencies):
        for end in ("client", "server"):
            name = getattr(item.match, end)
            if name is not None and name not in everything:
                message = _unknown("service, datastore or external of the target", name, everything)
                yield ("dependencies", index, "match", end), message
    if policy.retire:
        parts = split(topology)
        for index, retirement in enumerate(policy.retire):
            if retirement.part.startswith("service:"):
                message = (
                    "a service is not retired but put into a group; what nobody needs of it is retired part by part"
                )
                yield ("retire", index, "part"), message
            elif retirement.part not in parts:
                yield ("retire", index, "part"), _unknown("part with the address", retirement.part, parts)


def _unknown(what: str, name: str, known: Iterable[str]) -> str:
    return f"there is no {what} {name!r}{nearest(name, known)}"
