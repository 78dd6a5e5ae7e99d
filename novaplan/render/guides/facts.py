"""What was rendered, as a script and a guide speak of it: files, namespaces, workloads, secrets, claims, leaders."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from novaplan.capacity.recovery_model import RecoveryModel, default_recovery_model
from novaplan.capacity.totals import Amounts, Component, totals, totals_of
from novaplan.render.assembly import SECRETS_FILE, SERVICES_FILE
from novaplan.render.context import Context
from novaplan.render.credentials import SecretNeed
from novaplan.render.guides.workloads import Workload, workloads
from novaplan.render.manifests import Manifest
from novaplan.render.settings import SecretsForm
from novaplan.topology.datastore import Datastore, Patroni

SCRIPT: Final = "deploy-local-k8s.sh"
_ROLES: Final = {SECRETS_FILE: "secrets", SERVICES_FILE: "services"}
_PLAIN_KEY: Final = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_./]*[A-Za-z0-9])?")


@dataclass(frozen=True)
class Facts:
    """A rendering: its context, its files with their objects in the order they are applied, its secrets."""

    context: Context
    files: Mapping[str, list[Manifest]]
    needs: tuple[SecretNeed, ...]
    form: SecretsForm

    @cached_property
    def model(self) -> RecoveryModel:
        """The times that a topology does not state."""
        return default_recovery_model()

    @cached_property
    def workloads(self) -> tuple[Workload, ...]:
        """Everything that runs: datastores first, then services by tier."""
        return workloads(self.context, self.files, self.model.pods)

    @cached_property
    def objects(self) -> list[Manifest]:
        """Every object, in the order they are applied."""
        return [item for items in self.files.values() for item in items]

    @cached_property
    def _by_component(self) -> dict[str, list[Workload]]:
        found: dict[str, list[Workload]] = defaultdict(list)
        for item in self.workloads:
            found[item.component].append(item)
        return found

    @cached_property
    def _by_kind(self) -> dict[str, list[Manifest]]:
        found: dict[str, list[Manifest]] = defaultdict(list)
        for item in self.objects:
            found[item["kind"]].append(item)
        return found

    @cached_property
    def _services(self) -> set[tuple[str | None, str]]:
        return {(item["metadata"].get("namespace"), item["metadata"]["name"]) for item in self.kind("Service")}

    def of(self, component: str) -> list[Workload]:
        """What runs of a service or a datastore."""
        return self._by_component.get(component, [])

    def kind(self, kind: str) -> list[Manifest]:
        """The objects of one kind."""
        return self._by_kind.get(kind, [])

    def reached(self, service: str, namespace: str | None) -> bool:
        """Whether there is a Service of that name."""
        return (namespace, service) in self._services

    @cached_property
    def stores(self) -> tuple[Datastore, ...]:
        """The datastores that run here."""
        return tuple(filter(self.context.runs, self.context.topology.datastores))

    @cached_property
    def pointed(self) -> tuple[Datastore, ...]:
        """The datastores that somebody else runs."""
        return tuple(item for item in self.context.topology.datastores if not self.context.runs(item))

    @cached_property
    def namespaces(self) -> list[str]:
        """Namespaces that are rendered."""
        return sorted(item["metadata"]["name"] for item in self.kind("Namespace"))

    @cached_property
    def roles(self) -> dict[str, list[str]]:
        """Which file holds ``secrets``, ``datastores`` and ``services``."""
        found: dict[str, list[str]] = {"secrets": [], "datastores": [], "services": []}
        for name in self.files:
            found[_ROLES.get(name.rpartition("/")[2], "datastores")].append(name)
        return found

    @cached_property
    def required(self) -> dict[tuple[str | None, str], list[str]]:
        """By namespace and name of a Secret, the keys without which some pod does not start."""
        known = {
            (need.namespace, need.name): [key.name for key in need.keys if not key.optional] for need in self.needs
        }
        found: dict[tuple[str | None, str], set[str]] = defaultdict(set)
        for item in self.workloads:
            for name, key, optional in item.secrets:
                if not optional:
                    own = (item.namespace, name)
                    found[own].update(known.get(own, ()) if key is None else [key])
        return {own: sorted(keys) for own, keys in found.items() if keys}

    @cached_property
    def claims(self) -> list[tuple[str | None, str | None, str, int]]:
        """Namespace, storage class, name and number of each kind of claim."""
        pods = {(work.namespace, work.name): work.pods for work in self.workloads if work.kind == "StatefulSet"}
        found = []
        for item in self.objects:
            if item["kind"] == "PersistentVolumeClaim":
                found.append((item, item, 1))
            elif item["kind"] == "StatefulSet":
                own = item["metadata"]
                count = pods[own.get("namespace"), own["name"]]
                found += [(item, claim, count) for claim in item["spec"].get("volumeClaimTemplates") or ()]
        return [
            (
                owner["metadata"].get("namespace"),
                claim["spec"].get("storageClassName"),
                claim["metadata"]["name"],
                count,
            )
            for owner, claim, count in found
        ]

    @cached_property
    def spreads(self) -> list[dict[str, Any]]:
        """Labels of nodes of which the pods of a workload need different values, and how many."""
        return [
            {"key": key, "path": path_of_label(key), "count": item.pods, "workload": item.reference}
            for item in self.workloads
            for key in item.apart
            if item.pods > 1 and _PLAIN_KEY.fullmatch(key)
        ]

    @property
    def most_nodes(self) -> int:
        """Nodes that are enough for every workload whose pods keep apart."""
        return max((item["count"] for item in self.spreads), default=1)

    @cached_property
    def kinds(self) -> dict[str | None, list[str]]:
        """Kinds of objects by namespace, but the namespaces themselves."""
        found: dict[str | None, dict[str, None]] = defaultdict(dict)
        for item in self.objects:
            if item["kind"] != "Namespace":
                group = item["apiVersion"].rpartition("/")[0]
                kind = item["kind"].lower()
                found[item["metadata"].get("namespace")][f"{kind}.{group}" if group else kind] = None
        return {namespace: list(names) for namespace, names in sorted(found.items(), key=lambda entry: entry[0] or "")}

    @cached_property
    def components(self) -> tuple[Component, ...]:
        """What everything that runs here takes."""
        elsewhere = {item.name for item in self.pointed}
        found = totals(self.context.topology).components
        return tuple(item for item in found if item.name.partition("/")[0] not in elsewhere)

    @cached_property
    def total(self) -> Amounts:
        """All of it together."""
        return totals_of(self.context.topology.name, self.components).total

    @property
    def left_open(self) -> dict[str, list[str]]:
        """What the topology does not say and Kubernetes must know: what was taken instead is the safe choice."""
        topology, settings = self.context.topology, self.context.settings
        services = topology.services
        return {
            "possible": [f"{edge.client} -> {edge.server}" for edge in topology.dependencies if edge.possible],
            "sizeless": [f"{one.name}/{volume.name}" for one in services for volume in one.volumes if not volume.size],
            "suspended": [
                one.name for one in services if one.workload == "cronjob" and one.name not in settings.schedules
            ],
        }

    @property
    def unstated(self) -> tuple[str, ...]:
        """Components that run here of which a CPU or memory request is not stated."""
        return totals_of(self.context.topology.name, self.components).unknown

    @property
    def makes_values(self) -> bool:
        """Whether a machine can make some value that no operator brings."""
        return not self.waits_for_secrets and any(key.recipe is not None for need in self.needs for key in need.keys)

    @property
    def stops_for_values(self) -> bool:
        """Whether the script stops the first time, because a pod needs a key that only a person can supply."""
        return not self.waits_for_secrets and any(
            key.recipe is None and key.name in self.required.get((need.namespace, need.name), ())
            for need in self.needs
            for key in need.keys
        )

    @property
    def rests_on_policies(self) -> list[str]:
        """Datastores with doors that only network policies close: etcd, and the REST API of Patroni."""
        return [store.name for store in self.stores if isinstance(store.deployment, Patroni)]

    @cached_property
    def waits_for_secrets(self) -> bool:
        """Whether an operator makes the Secrets, so that they appear after a while."""
        return self.form in ("external-secrets", "sealed-secrets")


def path_of_label(key: str) -> str:
    """A label of an object as kubectl's JSONPath names it."""
    return ".metadata.labels." + key.replace(".", "\\.")
