"""Environment variables: the secrets and hosts they name, called what they are called in the target."""

from dataclasses import replace as changed

from novaplan.consolidation.conflicts import retirement
from novaplan.consolidation.hosts import Host, hosts, local, rename_hosts
from novaplan.consolidation.ports import moved_port, port_of
from novaplan.consolidation.work import Work, own_address, secret_id
from novaplan.topology.base import replace
from novaplan.topology.datastore import Datastore
from novaplan.topology.parts import address, path_of
from novaplan.topology.service import EnvVar, KeyRef, Service
from novaplan.topology.wiring import Secret, SecretKey


def moved_variable(work: Work, user: str, variable: EnvVar, part: str, settle: str | None = None) -> EnvVar:
    """``variable`` of the service or datastore ``user`` as the target has it; ``part`` is its address."""
    settle = settle or retirement(part)
    if variable.secret is not None:
        variable = replace(variable, secret=moved_reference(work, user, variable.secret, part, settle))
    if not variable.value:
        return variable
    found = [(host, work.means(host)) for host in hosts(variable)]
    for _, owner in found:
        if owner is not None and work.new_name(owner.name) is None:
            work.conflicts.add(part, f"it holds the address of {owner.name}, which is retired", settle)
    if all(owner is None for _, owner in found):
        return variable
    return rename_hosts(variable, lambda host: _moved_host(work, user, host))


def calls_members_only(work: Work, user: str, variable: EnvVar) -> bool:
    """Whether every address that a variable of a service holds is one of another member of its group."""
    owners = [work.means(host) for host in hosts(variable)] if variable.value else []
    return bool(owners) and all(owner is not None and _is_fellow(work, user, owner.name) for owner in owners)


def called_member(work: Work, user: str, variable: EnvVar) -> str | None:
    """Another member of the group whose address a variable of a service holds."""
    owners = [work.means(host) for host in hosts(variable)] if variable.value else []
    return next((owner.name for owner in owners if owner is not None and _is_fellow(work, user, owner.name)), None)


def _is_fellow(work: Work, user: str, name: str) -> bool:
    return name != user and user in work.group_of and work.group_of.get(name) is work.group_of[user]


def moved_reference(work: Work, user: str, ref: KeyRef, part: str, settle: str) -> KeyRef:
    """The key of a secret that ``user`` names, by its name in the target; a retired one is a conflict."""
    owner = work.owner(user)
    secret = work.secret(ref.name, owner.namespace if owner else None)
    if secret is None:
        return ref
    name = work.secret_names[secret_id(secret)]
    key = next((item for item in secret.keys if item.name == ref.key), None)
    gone = own_address(secret) in work.retired or (key is not None and key_address(secret, key) in work.retired)
    if gone and ref.key not in work.secret_keys.get((work.namespaces.get(work.new_name(user) or ""), name), ()):
        work.conflicts.add(part, f"it names {ref.name}/{ref.key}, which is retired", settle)
    return replace(ref, name=name)


def key_address(secret: Secret, key: SecretKey) -> str:
    """The address of one key of a secret."""
    return f"secret-key:{path_of(own_address(secret))}/{path_of(address('secret-key', key.name))}"


def _moved_host(work: Work, user: str, host: Host) -> Host:
    owner = work.means(host)
    name = work.new_name(owner.name) if owner is not None else None
    if owner is None or name is None:
        return host
    if _is_fellow(work, user, owner.name):
        return local(host, _local_port(work, owner, host.port))
    port = moved_port(work, owner.name, host.port) if host.port is not None else None
    namespace = host.namespace
    if namespace is not None:
        namespace = work.namespaces.get(name) or namespace
    elif _parted(work, user, owner, name):
        namespace = work.namespaces.get(name)
    return changed(host, name=name, namespace=namespace, port=port if port is not None else host.port)


def _parted(work: Work, user: str, owner: Service | Datastore, name: str) -> bool:
    """Whether two that were in one namespace no longer are, so that a bare name means nothing any more."""
    client = work.owner(user)
    if client is None or client.namespace != owner.namespace:
        return False
    return work.namespaces.get(work.new_name(user) or "") != work.namespaces.get(name)


def _local_port(work: Work, owner: Service | Datastore, number: int | None) -> int | None:
    """Inside a pod a port has the number that the container listens on."""
    if number is None or isinstance(owner, Datastore):
        return number
    port = port_of(owner, number)
    target = work.ports.get((owner.name, port.name)) if port is not None else None
    return target.listens_on if target is not None else number
