"""Secrets of the target: kept by name, moved to the namespaces of their users, or merged for one group."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from novaplan.consolidation.conflicts import flow, retirement
from novaplan.consolidation.variables import key_address
from novaplan.consolidation.work import SecretId, Work, own_address, secret_id
from novaplan.topology.base import replace
from novaplan.topology.parts import address, path_of, secret_address
from novaplan.topology.service import KeyRef
from novaplan.topology.wiring import Secret, SecretKey


def merge_secrets(work: Work) -> list[Secret]:
    """Every secret of the target but those the policy adds. Decides what each is called, so that whatever refers to
    one can be renamed; the namespaces of services and datastores are known by now."""
    users = _users(work)
    places: dict[SecretId, list[Secret]] = defaultdict(list)
    for secret in work.current.secrets:
        names = users.get(secret_id(secret), set())
        group = _sole_group(work, secret, names)
        work.secret_names[secret_id(secret)] = group or secret.name
        if work.retires(own_address(secret)):
            continue
        for namespace in _namespaces(work, secret, names):
            places[namespace, work.secret_names[secret_id(secret)]].append(secret)
    united = [_united(work, namespace, name, secrets) for (namespace, name), secrets in places.items()]
    for secret in (*united, *work.policy.add.secrets):
        work.secret_keys[secret_id(secret)] = {key.name for key in secret.keys}
    return united


def _sole_group(work: Work, secret: Secret, users: set[str]) -> str | None:
    """The name of the merged secret, where one group alone uses ``secret`` and its rules merge."""
    groups = {work.group_of[name].name for name in users if name in work.group_of}
    if len(groups) != 1 or not users <= work.group_of.keys() or secret.type != "Opaque":
        return None
    group = work.groups[groups.pop()]
    return group.secret_name if work.policy.rules_of(group).secrets == "merge" else None


def _users(work: Work) -> dict[SecretId, set[str]]:
    """Services and datastores that refer to a secret."""
    found: dict[SecretId, set[str]] = defaultdict(set)
    for user, name in _references(work):
        owner = work.owner(user)
        secret = work.secret(name, owner.namespace) if owner else None
        if secret is not None:
            found[secret_id(secret)].add(user)
    return found


def _references(work: Work) -> Iterator[tuple[str, str]]:
    for service in work.current.services:
        for container in service.containers:
            yield from _named(service.name, [variable.secret for variable in container.env])
    for store in work.current.datastores:
        yield from _named(store.name, [variable.secret for variable in store.env])
    for edge in work.current.dependencies:
        yield from _named(edge.client, [edge.secret])
    for route in work.current.routes:
        certificate = work.policy.routes.tls_secret or route.tls_secret
        if certificate is not None and route.path is not None:
            yield from ((backend.service, certificate) for backend in route.backends)


def _named(user: str, references: Sequence[KeyRef | None]) -> Iterator[tuple[str, str]]:
    return ((user, reference.name) for reference in references if reference is not None)


def _namespaces(work: Work, secret: Secret, users: set[str]) -> list[str | None]:
    """Where its users are now; for those that have not moved, and where nobody uses it, where it was."""
    found: set[str | None] = set()
    for user in users:
        name, owner = work.new_name(user), work.owner(user)
        if name is not None and owner is not None:
            namespace = work.namespaces[name]
            found.add(secret.namespace if namespace == owner.namespace else namespace)
    return sorted(found or {secret.namespace}, key=lambda item: item or "")


def _united(work: Work, namespace: str | None, name: str, secrets: Sequence[Secret]) -> Secret:
    own = secret_address(name, namespace)
    keys: dict[str, SecretKey] = {}
    owner: dict[str, Secret] = {}
    for secret in secrets:
        work.ledger.record(own_address(secret), own)
        for key in secret.keys:
            if work.retires(key_address(secret, key)):
                continue
            place = f"secret-key:{path_of(own)}/{path_of(address('secret-key', key.name))}"
            work.ledger.record(key_address(secret, key), place)
            moved = replace(key, opens=_moved(work, key.opens))
            known = keys.setdefault(key.name, moved)
            first = owner.setdefault(key.name, secret)
            if first is not secret and (known.opens is None or known.opens != moved.opens):
                _refuse_key(work, place, (first, secret), key)
    ordered = tuple(keys[key] for key in sorted(keys))
    if len(secrets) == 1:
        return replace(secrets[0], name=name, namespace=namespace, keys=ordered)
    _refuse_types(work, own, secrets)
    optional = all(secret.optional for secret in secrets)
    return Secret(name=name, namespace=namespace, type=secrets[0].type, keys=ordered, optional=optional)


def _refuse_types(work: Work, own: str, secrets: Sequence[Secret]) -> None:
    if len({secret.type for secret in secrets}) > 1:
        told = ", ".join(f"{secret.type} ({path_of(own_address(secret))})" for secret in secrets)
        work.conflicts.add(own, f"secrets of several types come together: {told}", retirement(own_address(secrets[-1])))


def _refuse_key(work: Work, place: str, secrets: tuple[Secret, Secret], key: SecretKey) -> None:
    first, second = secrets
    settle = retirement(key_address(second, key))
    group = _merging_group(work, second)
    if group is not None and first.name != second.name:
        settle = f"groups[{group}].rules.secrets: keep, or {settle}"
    work.conflicts.add(
        place,
        f"{path_of(own_address(first))} and {path_of(own_address(second))} both have a key {key.name!r}, and nothing "
        "says that the two values open the same thing",
        settle,
    )


def _merging_group(work: Work, secret: Secret) -> str | None:
    name = work.secret_names[secret_id(secret)]
    return work.merged_secrets.get(name)


def _moved(work: Work, opens: str | None) -> str | None:
    """What a key opens, by its address in the target."""
    into = work.ledger.into.get(opens, ()) if opens is not None else ()
    return into[0] if len(into) == 1 else opens


def rewired_secrets(work: Work, secrets: Sequence[Secret]) -> list[Secret]:
    """``secrets`` whose keys open the databases that the policy gave their users instead of others."""
    if not work.rewired:
        return list(secrets)
    users: dict[SecretId, set[str]] = defaultdict(set)
    for (namespace, name), members in _users(work).items():
        for member in members:
            user = work.new_name(member)
            if user is not None:
                users[work.namespaces[user], work.secret_names[namespace, name]].add(user)
    return [_rewired(work, secret, users.get(secret_id(secret), set())) for secret in secrets]


def _rewired(work: Work, secret: Secret, users: set[str]) -> Secret:
    keys = []
    for key in secret.keys:
        into = {work.rewired.get((user, key.opens or "")) for user in users}
        target = into.pop() if len(into) == 1 else None
        keys.append(replace(key, opens=target) if target is not None else key)
    return replace(secret, keys=tuple(keys))


def refuse_missing_keys(work: Work, secrets: Sequence[Secret]) -> None:
    """A variable that the policy states names a secret of the target, which has to be there."""
    known = {(secret.namespace, secret.name, key.name) for secret in secrets for key in secret.keys}
    for group in work.policy.groups:
        namespace = work.namespaces.get(group.name)
        for variable in group.settings.env:
            ref = variable.secret
            if ref is None or ref.optional or (namespace, ref.name, ref.key) in known:
                continue
            holders = sorted(name for place, name, key in known if place == namespace and key == ref.key)
            name = holders[0] if holders else "..."
            work.conflicts.add(
                address("service", group.name),
                f"variable {variable.name} is to come from {ref.name}/{ref.key}, which the target does not have",
                f"groups[{group.name}].settings.env: "
                f"[{{name: {flow(variable.name)}, secret: {{name: {name}, key: {flow(ref.key)}}}}}], or add.secrets",
            )
