"""A container runs as a user whom its image can run as.

``runAsNonRoot`` without ``runAsUser`` refuses an image whose user is root, or has only a name: the container is never
created. The alpine image of PostgreSQL knows the user 70, the Debian one 999: under another number initdb looks for a
user that does not exist, and only works where the image brings nss_wrapper (those of recent years do). The official
nginx image cannot write /var/cache/nginx as another user than root.
Source: https://kubernetes.io/docs/tasks/configure-pod-container/security-context/ and
https://github.com/docker-library/docs/blob/master/postgres/README.md (Arbitrary --user Notes)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from novaplan.checks.cluster import Cluster, Container, Workload
from novaplan.checks.found import Found
from novaplan.importers.kubernetes.manifests import text_of
from novaplan.importers.recognition import image_path

SEVERITY = "error"
_ROOT = frozenset(
    (
        "busybox",
        "alpine",
        "redis",
        "valkey",
        "postgres",
        "mysql",
        "mariadb",
        "mongo",
        "rabbitmq",
        "nginx",
        "httpd",
        "etcd",
    )
)
_NUMBERS = {"postgres": ("70", "999")}
"""User of the alpine image, and of the Debian one."""


def objects(cluster: Cluster) -> Iterator[Found]:
    """Containers of the official images."""
    for item in cluster.workloads:
        for container in item.all_containers:
            path = image_path(text_of(container.get("image")) or "")
            if path and path[-1] in _ROOT and (len(path) == 1 or path[0] in ("library", "coreos")):
                yield from _of(item, container, path[-1])


def _of(item: Workload, container: Container, image: str) -> Iterator[Found]:
    own, pod = (item.manifest.map(node, "securityContext") for node in (container, item.spec))
    user = own.get("runAsUser", pod.get("runAsUser"))
    node = own if "runAsUser" in own else pod
    shown = text_of(container.get("image"))
    if user is None and own.get("runAsNonRoot", pod.get("runAsNonRoot")) is True:
        text = f"runAsNonRoot with {shown}, whose user is root: the container {container.get('name')} is never created"
        place = item.where(own if "runAsNonRoot" in own else pod, "runAsNonRoot")
        yield Found(item.label, text, "set runAsUser to a user of the image", place)
    elif isinstance(user, int) and user and image in _NUMBERS:
        yield from _number(item, str(user), str(shown), node)
    elif isinstance(user, int) and user and image == "nginx" and not _writable(item, container, "/var/cache/nginx"):
        text = f"{shown} as user {user} may not write /var/cache/nginx, and exits at the start"
        remedy = "use nginxinc/nginx-unprivileged, or mount an emptyDir there and at /run"
        yield Found(item.label, text, remedy, item.where(node, "runAsUser"))


def _number(item: Workload, user: str, shown: str, node: dict[str, Any]) -> Iterator[Found]:
    alpine, other = _NUMBERS["postgres"]
    wanted, foreign = (alpine, other) if "alpine" in shown else (other, alpine)
    if user == foreign:
        text = (
            f"runs as user {user}, that of the other variant: postgres is {wanted} in {shown}, where no user has this "
            "number, and initdb looks one up (images without nss_wrapper exit there)"
        )
        remedy = f"set runAsUser and fsGroup to {wanted}"
        yield Found(item.label, text, remedy, item.where(node, "runAsUser"), "warning")


def _writable(item: Workload, container: Container, path: str) -> bool:
    return any(
        path == text_of(one.get("mountPath")) or path.startswith(f"{text_of(one.get('mountPath')) or ''}/")
        for one in item.manifest.maps(container, "volumeMounts")
    )
