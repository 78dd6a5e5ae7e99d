"""All objects of a rendered system, arranged in files in the order they are applied."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from novaplan.errors import InputError
from novaplan.render import datastores, limits
from novaplan.render.context import Context
from novaplan.render.credentials import SecretNeed
from novaplan.render.manifests import Manifest
from novaplan.render.network import handovers, ingress, namespaces, old_names, policies, services
from novaplan.render.record import recorded
from novaplan.render.secrets import forms
from novaplan.render.secrets.needs import needs as secret_needs
from novaplan.render.settings import SecretsForm
from novaplan.render.workloads import configuration, variables, volumes
from novaplan.render.workloads import objects as workload_objects
from novaplan.topology.datastore import Datastore, Patroni, Sentinel

SERVICES_FILE: Final = "microservices-deployments.yaml"
SECRETS_FILE: Final = "microservices-secrets.yaml"


@dataclass(frozen=True, slots=True)
class Sealed:
    """What sealing secrets takes."""

    values: Path
    """The file with their values."""
    certificate: Path
    """That of the cluster they are sealed for."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """What was made of a topology: objects by file, in the order they are applied, and the Secrets they need."""

    files: dict[str, list[Manifest]]
    needs: tuple[SecretNeed, ...]

    @property
    def manifests(self) -> list[Manifest]:
        """Every object, in the order they are applied."""
        return [item for items in self.files.values() for item in items]


def assemble(context: Context, secrets: SecretsForm = "placeholder", sealed: Sealed | None = None) -> Bundle:
    """Every object of the system, its Secrets in the form of ``secrets``. Raises InputError where Kubernetes would
    refuse one, or two would be one."""
    limits.require(context)
    files: dict[str, list[Manifest]] = {}
    shared: list[Manifest] = []
    for store in context.topology.datastores:
        found = datastores.objects(context, store)
        if context.runs(store):
            files[datastore_file(store)] = [*found, policies.of_component(context, store)]
        else:
            shared += found
    needs = _needs(context)
    files[SECRETS_FILE] = _secrets(context, needs, secrets, sealed)
    files[SERVICES_FILE] = [*shared, *_services(context)]
    files[SERVICES_FILE] += ingress.objects(context)
    files[SERVICES_FILE] += old_names.objects(context, (item for items in files.values() for item in items))
    files = recorded(context, namespaces.placed(context, files))
    limits.require_objects(item for items in files.values() for item in items)
    return Bundle(files, needs)


def _secrets(
    context: Context, needs: tuple[SecretNeed, ...], form: SecretsForm, sealed: Sealed | None
) -> list[Manifest]:
    if form != "sealed-secrets":
        return forms.objects(context, needs, form)
    from novaplan.render.secrets import sealing
    from novaplan.render.secrets.values import read_values

    if sealed is None:
        raise InputError(sealing.WANTED)
    return sealing.sealed(context, needs, read_values(sealed.values), sealing.sealing(sealed.certificate))


def datastore_file(datastore: Datastore) -> str:
    """The file with what runs a datastore."""
    kind = {Sentinel: "sentinel-", Patroni: "ha-"}.get(type(datastore.deployment), "")
    return f"{datastore.name}-{kind}statefulset.yaml"


def _services(context: Context) -> Iterable[Manifest]:
    yield from configuration.referenced_maps(context)
    yield from volumes.claims(context)
    for service in context.topology.services:
        yield from workload_objects(context, service)
        yield from services.objects(context, service)
        yield policies.of_component(context, service)
        yield from handovers.objects(context, service)


def _needs(context: Context) -> tuple[SecretNeed, ...]:
    servers = [need for store in context.topology.datastores for need in datastores.needs(context, store)]
    return secret_needs(context, [*servers, *variables.hidden(context)])
