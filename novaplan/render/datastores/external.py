"""What somebody else runs: a name for it where clients look for one, and no broker of our own."""

from __future__ import annotations

import ipaddress

from novaplan.render.context import Context, address_of
from novaplan.render.endpoints import datastore_port
from novaplan.render.manifests import Manifest, manifest
from novaplan.topology.datastore import Datastore

_SLICE = "discovery.k8s.io/v1"


def objects(context: Context, datastore: Datastore) -> list[Manifest]:
    """A Service of the datastore's name in each namespace of a client, where the address it leads to is known."""
    address = context.settings.externals.get(datastore.name)
    if address is None or "." in datastore.name:
        return []
    clients = {edge.client for edge in context.edges_to.get(datastore.name, ())}
    spaces = {context.namespace(service) for service in context.topology.services if service.name in clients}
    found: list[Manifest] = []
    for namespace in sorted(spaces, key=str):
        found += _service(context, datastore, address, namespace)
    return found


def is_address(text: str) -> bool:
    """Whether ``text`` is the number of a machine and not its name."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _service(context: Context, datastore: Datastore, address: str, namespace: str | None) -> list[Manifest]:
    labels, owner, port = context.labels(datastore.name), address_of(datastore), datastore_port(datastore)
    ports = None if port is None else [{"name": "main", "port": port}]
    if not is_address(address):
        spec = {"type": "ExternalName", "externalName": address, **({"ports": ports} if ports else {})}
        return [
            manifest(
                "v1", "Service", datastore.name, namespace=namespace, labels=labels, generated_for=owner, spec=spec
            )
        ]
    if ports is None:
        return []
    # An ExternalName is a name; a number stands in a slice of the endpoints of a Service without a selector.
    service = manifest(
        "v1",
        "Service",
        datastore.name,
        namespace=namespace,
        labels=labels,
        generated_for=owner,
        spec={"ports": ports},
    )
    slices = manifest(
        _SLICE,
        "EndpointSlice",
        f"{datastore.name}-external",
        namespace=namespace,
        labels={**labels, "kubernetes.io/service-name": datastore.name},
        generated_for=owner,
        addressType="IPv6" if ":" in address else "IPv4",
        ports=ports,
        endpoints=[{"addresses": [address], "conditions": {"ready": True}}],
    )
    return [service, slices]
