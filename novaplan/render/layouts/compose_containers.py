"""One container of a pod as a compose service."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from novaplan.quantity import parse_bytes, parse_millicores
from novaplan.render.layouts.compose_references import DEFAULT, References, filled
from novaplan.render.layouts.compose_units import LASTING, Unit
from novaplan.render.manifests import without_absent

Body = dict[str, Any]
_NO_SHELL: Final[dict[str, list[str]]] = {"etcd": ["CMD", "etcdctl", "endpoint", "health"]}
"""Checks of containers whose image has no shell and no HTTP client, by name."""


@dataclass(slots=True)
class Volumes:
    """The named volumes of a project, and what has to be made ready in them before a pod may write."""

    names: dict[str, Body] = field(default_factory=dict)
    owned: dict[str, dict[str, str]] = field(default_factory=dict)
    """By compose service, the volumes it writes to and where they are mounted."""


def body(unit: Unit, container: Mapping[str, Any], references: References, volumes: Volumes) -> Body:
    """What a compose service says of one container; how it is reached and when it starts is said elsewhere."""
    variables = environment(unit, container, references)
    security = {**unit.pod.get("securityContext", {}), **container.get("securityContext", {})}
    mounts = list(_mounts(unit, container, references, volumes, security))
    by_field = {name: [entry for kind, entry in mounts if kind == name] for name in ("volumes", "configs", "secrets")}
    # Docker can put no file into a container that it may not write to.
    read_only = security.get("readOnlyRootFilesystem") and not by_field["configs"] and not by_field["secrets"]
    return without_absent(
        {
            "image": container["image"],
            "entrypoint": _words(container.get("command"), variables),
            "command": _words(container.get("args"), variables),
            "user": _user(security),
            "read_only": read_only or None,
            "cap_drop": security.get("capabilities", {}).get("drop"),
            "security_opt": ["no-new-privileges:true"] if security.get("allowPrivilegeEscalation") is False else None,
            "environment": variables or None,
            **{name: entries or None for name, entries in by_field.items()},
            "deploy": {"resources": _resources(container.get("resources", {}))} if container.get("resources") else None,
            "healthcheck": healthcheck(container) if unit.workload["kind"] in LASTING else None,
            "stop_grace_period": f"{unit.pod.get('terminationGracePeriodSeconds', 30)}s",
        }
    )


def _words(words: list[str] | None, variables: Mapping[str, str]) -> list[str] | None:
    return None if words is None else [filled(word, variables) for word in words]


def _user(security: Mapping[str, Any]) -> str | None:
    user, group = security.get("runAsUser"), security.get("runAsGroup")
    return None if user is None else str(user) if group is None else f"{user}:{group}"


def _resources(stated: Mapping[str, Any]) -> Body:
    named = {"limits": stated.get("limits"), "reservations": stated.get("requests")}
    return {name: _amounts(amounts) for name, amounts in named.items() if amounts}


def _amounts(amounts: Mapping[str, Any]) -> Body:
    cpu, memory = amounts.get("cpu"), amounts.get("memory")
    thousandths = None if cpu is None else parse_millicores(cpu)
    written = None if thousandths is None else f"{thousandths // 1000}.{thousandths % 1000:03}".rstrip("0").rstrip(".")
    return without_absent({"cpus": written, "memory": None if memory is None else size(parse_bytes(memory))})


def size(amount: int) -> str:
    """Bytes as compose writes them, whose units are powers of 1024."""
    for unit, factor in (("G", 2**30), ("M", 2**20), ("K", 2**10)):
        if amount and amount % factor == 0:
            return f"{amount // factor}{unit}"
    return f"{amount}b"


# ---------------------------------------------------------------- variables


def environment(unit: Unit, container: Mapping[str, Any], references: References) -> dict[str, str]:
    """The variables of a container, those of whole ConfigMaps and Secrets first."""
    found: dict[str, str] = {}
    for source in container.get("envFrom", ()):
        prefix = source.get("prefix", "")
        if "configMapRef" in source:
            known = references.config_maps.get((unit.namespace, source["configMapRef"]["name"]), {})
            found |= {prefix + key: value for key, value in known.items()}
        elif "secretRef" in source:
            reference = source["secretRef"]
            for key in references.keys.get((unit.namespace, reference["name"]), ()):
                one = {**reference, "key": key.name, "optional": key.optional or reference.get("optional")}
                found[prefix + key.name] = references.secret(unit.namespace, one)
    for item in container.get("env", ()):
        found[item["name"]] = filled(item["value"], found) if "value" in item else _from(unit, item, references)
    return found


def _from(unit: Unit, item: Mapping[str, Any], references: References) -> str:
    source = item.get("valueFrom", {})
    if "secretKeyRef" in source:
        return references.secret(unit.namespace, source["secretKeyRef"])
    if "configMapKeyRef" in source:
        return references.setting(unit.namespace, source["configMapKeyRef"])
    path = source.get("fieldRef", {}).get("fieldPath", "")
    known: dict[str, str] = {
        "metadata.name": unit.pod_name,
        "metadata.namespace": unit.namespace or DEFAULT,
        "spec.nodeName": "docker",
        "spec.serviceAccountName": unit.pod.get("serviceAccountName", ""),
        **{f"metadata.labels['{name}']": value for name, value in unit.pod_labels.items()},
    }
    # Addresses are docker's to give; a name of the container is one as well.
    return known.get(path, unit.name if path.endswith("IP") else "")


# ---------------------------------------------------------------- files


def _mounts(
    unit: Unit, container: Mapping[str, Any], references: References, volumes: Volumes, security: Mapping[str, Any]
) -> Iterator[tuple[str, Body]]:
    declared = {item["name"]: item for item in unit.pod.get("volumes", ())}
    declared |= {name: {"name": name, "claim": True} for name in unit.claims}
    for mount in container.get("volumeMounts", ()):
        volume = declared[mount["name"]]
        if "configMap" in volume or "secret" in volume:
            yield from _files(unit, mount, volume, references, security)
        elif "emptyDir" in volume and not _shared(unit, mount["name"]):
            yield "volumes", {"type": "tmpfs", "target": mount["mountPath"], "tmpfs": {"mode": 0o1777}}
        else:
            claim = volume.get("persistentVolumeClaim", {}).get("claimName")
            name = claim or f"{unit.name}.{mount['name']}"
            volumes.names.setdefault(name, {})
            if not mount.get("readOnly"):
                volumes.owned.setdefault(unit.name, {})[name] = mount["mountPath"]
            entry = {"type": "volume", "source": name, "target": mount["mountPath"]}
            yield "volumes", {**entry, "read_only": True} if mount.get("readOnly") else entry


def _shared(unit: Unit, volume: str) -> bool:
    """Whether several containers of the pod see a volume."""
    containers = [*unit.pod["containers"], *unit.pod.get("initContainers", ())]
    seen = [item for item in containers if any(mount["name"] == volume for mount in item.get("volumeMounts", ()))]
    return len(seen) > 1


def _files(
    unit: Unit, mount: Mapping[str, Any], volume: Mapping[str, Any], references: References, security: Mapping[str, Any]
) -> Iterator[tuple[str, Body]]:
    """Each key of a ConfigMap or a Secret that is mounted, as a file."""
    section = "configs" if "configMap" in volume else "secrets"
    source = volume.get("configMap") or volume["secret"]
    name = source.get("name") or source["secretName"]
    if section == "configs":
        keys = list(references.config_maps.get((unit.namespace, name), ()))
    else:
        keys = [key.name for key in references.keys.get((unit.namespace, name), ())]
    items = source.get("items") or [{"key": key, "path": key} for key in keys]
    for item in items:
        if mount.get("subPath") not in (None, item["path"]):
            continue
        folder = mount["mountPath"]
        path = folder if "subPath" in mount else f"{folder.rstrip('/')}/{item['path']}"
        make = references.config if section == "configs" else references.file
        entry = {"source": make(unit.namespace, name, item["key"]), "target": path}
        owner = {"uid": str(security.get("runAsUser", 0)), "gid": str(security.get("runAsGroup", 0))}
        yield section, {**entry, **owner, "mode": source.get("defaultMode", 0o444)}


# ---------------------------------------------------------------- health


def healthcheck(container: Mapping[str, Any]) -> Body | None:
    """The check that says when others may start: readiness, which docker takes for health."""
    probe = container.get("readinessProbe") or container.get("startupProbe") or container.get("livenessProbe")
    if probe is None:
        return None
    test = _NO_SHELL.get(container["name"]) or _test(container, probe)
    if test is None:
        return None
    start = container.get("startupProbe")
    grace = probe.get("initialDelaySeconds", 0)
    if start is not None:
        grace += start.get("initialDelaySeconds", 0) + start.get("periodSeconds", 10) * start.get("failureThreshold", 3)
    return {
        "test": test,
        "interval": f"{probe.get('periodSeconds', 10)}s",
        "timeout": f"{probe.get('timeoutSeconds', 1)}s",
        "retries": probe.get("failureThreshold", 3),
        "start_period": f"{grace}s",
    }


def _test(container: Mapping[str, Any], probe: Mapping[str, Any]) -> list[str] | None:
    if "exec" in probe:
        return ["CMD", *probe["exec"]["command"]]
    kind = next((name for name in ("httpGet", "tcpSocket", "grpc") if name in probe), None)
    if kind is None:
        return None
    port = _port(container, probe[kind]["port"])
    if kind == "grpc":
        return ["CMD", "grpc_health_probe", f"-addr=127.0.0.1:{port}"]
    if kind == "tcpSocket":
        return ["CMD-SHELL", f"nc -z 127.0.0.1 {port} || bash -c '</dev/tcp/127.0.0.1/{port}'"]
    scheme = probe[kind].get("scheme", "HTTP").lower()
    # The path is an argument of the shell and never part of what it reads.
    script = 'wget -q -O /dev/null "$0" || curl -fsS -o /dev/null "$0"'
    return ["CMD", "sh", "-c", script, f"{scheme}://127.0.0.1:{port}{probe[kind].get('path', '/')}"]


def _port(container: Mapping[str, Any], port: int | str) -> int:
    named = (item["containerPort"] for item in container.get("ports", ()) if item.get("name") == port)
    return port if isinstance(port, int) else int(next(named, 0))
