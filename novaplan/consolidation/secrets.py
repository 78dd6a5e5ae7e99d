"""Secrets of the target: kept by name, moved to the namespaces of their users, or merged for one group."""

from collections import defaultdict

from novaplan.consolidation.policy import Group
from novaplan.consolidation.work import SecretId, SecretPlace, Work, own_address, secret_id
from novaplan.topology.base import replace
from novaplan.topology.parts import address, path_of, secret_address
from novaplan.topology.wiring import Secret, SecretKey


def place_secrets(work: Work) -> None:
    """Decide where each secret goes, so that everything that refers to one can be renamed."""
    users = _users(work)
    for secret in work.current.secrets:
        groups = {
            work.group_of[name].name: work.group_of[name] for name in users[secret_id(secret)] if name in work.group_of
        }
        alone = len(groups) == 1 and len(users[secret_id(secret)] - set(work.group_of)) == 0
        group = next(iter(groups.values())) if alone else None
        if group is not None and work.policy.rules_of(group).secrets == "merge":
            name = group.secret or f"{group.name}-secret"
            work.secret_places[secret_id(secret)] = SecretPlace(name=name, merged_into=group)
        else:
            work.secret_places[secret_id(secret)] = SecretPlace(name=secret.name)


def _users(work: Work) -> dict[SecretId, set[str]]:
    """Services and datastores that refer to a secret."""
    found: dict[SecretId, set[str]] = defaultdict(set)

    def note(name: str, namespace: str | None, user: str) -> None:
        secret = work.secret(name, namespace)
        if secret is not None:
            found[secret_id(secret)].add(user)

    for service in work.current.services:
        for container in service.containers:
            for variable in container.env:
                if variable.secret is not None:
                    note(variable.secret.name, service.namespace, service.name)
    for store in work.current.datastores:
        for variable in store.env:
            if variable.secret is not None:
                note(variable.secret.name, store.namespace, store.name)
    for route in work.current.routes:
        certificate = work.policy.routes.tls_secret or route.tls_secret
        for backend in route.backends if certificate and route.path is not None else ():
            note(certificate, work.current.service[backend.service].namespace, backend.service)
    for edge in work.current.dependencies:
        owner = work.current.service.get(edge.client) or work.current.datastore.get(edge.client)
        if edge.secret is not None and owner is not None:
            note(edge.secret.name, owner.namespace, owner.name)
    return found


def merge_secrets(work: Work) -> list[Secret]:
    """Every secret of the target, those the policy adds included."""
    users = _users(work)
    kept: dict[str, Secret] = {}
    merged: dict[str, list[Secret]] = defaultdict(list)
    for secret in work.current.secrets:
        if work.retires(own_address(secret)):
            for key in secret.keys:
                work.retires(_key_address(secret, key))
            continue
        place = work.secret_places[secret_id(secret)]
        if place.merged_into is not None:
            merged[place.name].append(secret)
            continue
        for namespace in _namespaces(work, secret, users[secret_id(secret)]):
            target = replace(secret, namespace=namespace, keys=_living_keys(work, secret))
            known = kept.setdefault(own_address(target), target)
            _record(work, secret, own_address(target))
            if known.keys != target.keys:
                work.conflicts.add(
                    own_address(target),
                    "secrets of this name come together in one namespace with different keys",
                    f"retire: [{{part: '{own_address(secret)}', reason: ...}}]",
                )
    united = [_united(work, name, secrets) for name, secrets in merged.items()]
    return [*kept.values(), *united, *work.policy.add.secrets]


def _namespaces(work: Work, secret: Secret, users: set[str]) -> list[str | None]:
    """Those of its users; where nobody uses it, where it was."""
    names = {work.new_name(user) for user in users} - {None}
    found = {work.namespaces.get(name) for name in names if name is not None}
    return sorted(found, key=lambda item: item or "") if found else [secret.namespace]


def _united(work: Work, name: str, secrets: list[Secret]) -> Secret:
    group = work.secret_places[secret_id(secrets[0])].merged_into
    assert group is not None  # only secrets that merge into a group come here
    namespace = work.namespaces.get(group.name)
    own = secret_address(name, namespace)
    keys: dict[str, SecretKey] = {}
    owner: dict[str, str] = {}
    for secret in secrets:
        _record(work, secret, own)
        for key in _living_keys(work, secret):
            known = keys.setdefault(key.name, key)
            first = owner.setdefault(key.name, secret.name)
            if first != secret.name and (known.opens is None or known.opens != key.opens):
                _refuse_key(work, group, own, key, [first, secret.name])
    optional = all(secret.optional for secret in secrets)
    ordered = tuple(keys[key] for key in sorted(keys))
    return Secret(name=name, namespace=namespace, type=secrets[0].type, keys=ordered, optional=optional)


def _refuse_key(work: Work, group: Group, own: str, key: SecretKey, names: list[str]) -> None:
    work.conflicts.add(
        f"secret-key:{path_of(own)}/{key.name}",
        f"{' and '.join(names)} both have a key {key.name!r}, and nothing says that the two values open the same thing",
        f"the same 'opens' for both keys in the current topology, or groups[{group.name}].rules.secrets: keep",
    )


def _living_keys(work: Work, secret: Secret) -> tuple[SecretKey, ...]:
    return tuple(key for key in secret.keys if not work.retires(_key_address(secret, key)))


def _record(work: Work, secret: Secret, target: str) -> None:
    work.ledger.record(own_address(secret), target)
    for key in secret.keys:
        if _key_address(secret, key) not in work.retired:
            place = address("secret-key", key.name)
            work.ledger.record(_key_address(secret, key), f"secret-key:{path_of(target)}/{path_of(place)}")


def _key_address(secret: Secret, key: SecretKey) -> str:
    return f"secret-key:{path_of(own_address(secret))}/{path_of(address('secret-key', key.name))}"
