"""``deploy-local-k8s.sh``: deploys, shows, and takes away what was rendered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from novaplan.documents import writer
from novaplan.documents.files import generated_header
from novaplan.render.guides.access import access
from novaplan.render.guides.facts import Facts
from novaplan.render.guides.leaders import leaders
from novaplan.render.manifests import MANAGED_BY, PREFIX
from novaplan.render.texts import environment
from novaplan.topology.datastore import Patroni

CREATED = PREFIX + "created"
"""Annotation of a namespace that the script created, with the system it was created for."""
_DEFINITIONS = {
    "ExternalSecret": "externalsecrets.external-secrets.io",
    "SealedSecret": "sealedsecrets.bitnami.com",
}


def script(facts: Facts) -> str:
    """The text of the script. Every name in it is quoted for the shell."""
    roles = facts.roles
    # In a shell "{#" means something, so comments are marked otherwise.
    templates = environment(f"{__package__}.templates").overlay(comment_start_string="<#", comment_end_string="#>")
    return templates.get_template("deploy.sh.j2").render(
        header=generated_header("render"),
        system=facts.context.system,
        managed=MANAGED_BY,
        mark=CREATED,
        namespaces=facts.namespaces,
        datastore_files=roles["datastores"],
        secrets_files=roles["secrets"],
        service_files=roles["services"],
        datastores=[item for item in facts.workloads if not item.is_service],
        services=[item for item in facts.workloads if item.is_service],
        secrets=list(_secrets(facts)),
        spreads=facts.spreads,
        storage_classes=sorted({claim[1] for claim in facts.claims}, key=str),
        ingress_classes=sorted({item["spec"].get("ingressClassName") for item in facts.kind("Ingress")}, key=str),
        definitions=[name for kind, name in _DEFINITIONS.items() if facts.kind(kind)],
        kinds=[{"namespace": namespace, "kinds": kinds} for namespace, kinds in facts.kinds.items()],
        claims=list(_claims(facts)),
        leases=list(_leases(facts)),
        leaders=leaders(facts),
        access=list(access(facts)),
        autoscaled=bool(facts.kind("HorizontalPodAutoscaler")),
        kind_config=kind_config(facts),
        most_nodes=facts.most_nodes,
        cpu=facts.total.cpu_request_millicores,
        memory=-(-facts.total.memory_request_bytes // (1 << 20)),
        own_values=not facts.waits_for_secrets,
        secrets_wait=facts.context.settings.wait_limit // 1000 if facts.waits_for_secrets else 0,
    )  # fmt: skip


def _secrets(facts: Facts) -> Iterator[dict[str, Any]]:
    for need in facts.needs:
        required = facts.required.get((need.namespace, need.name), [])
        made = [] if facts.waits_for_secrets else [key.name for key in need.keys if key.recipe is not None]
        yield {"namespace": need.namespace, "name": need.name, "required": required, "generated": made}


def _claims(facts: Facts) -> Iterator[dict[str, Any]]:
    for item in facts.workloads:
        for claim in item.claims:
            yield {"namespace": item.namespace, "selector": item.selector, "prefix": f"{claim}-{item.name}-"}


def _leases(facts: Facts) -> Iterator[dict[str, Any]]:
    """Patroni makes these itself (patroni/dcs/kubernetes.py), where no etcd keeps them."""
    for store in facts.stores:
        if isinstance(store.deployment, Patroni) and store.deployment.etcd is None:
            names = [f"{store.name}-{what}" for what in ("config", "leader", "failover", "sync", "failsafe")]
            yield {"namespace": facts.context.namespace(store), "names": names}


def kind_config(facts: Facts) -> str:
    """A configuration for kind (https://kind.sigs.k8s.io/docs/user/configuration/) with nodes enough."""
    control: dict[str, Any] = {"role": "control-plane"}
    if facts.kind("Ingress"):
        control["labels"] = {"ingress-ready": "true"}
        control["extraPortMappings"] = [{"containerPort": port, "hostPort": port} for port in (80, 443)]
    workers = facts.most_nodes if facts.most_nodes > 1 else 0  # a control plane takes no pods where there are workers
    nodes = [control, *({"role": "worker"} for _ in range(workers))]
    return writer.dump({"kind": "Cluster", "apiVersion": "kind.x-k8s.io/v1alpha4", "nodes": nodes})
