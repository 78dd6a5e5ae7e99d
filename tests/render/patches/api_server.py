"""An API server as far as ``kubectl apply``, ``create``, ``patch``, ``delete`` and ``get`` need one: objects in memory.

What ``apply`` makes of an object is what it notes down in its annotation; fields that it did not write, such as
the values of Secrets, stay. Nothing is checked but that the namespace of a new object is there.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from novaplan.render.manifests import Manifest

LAST = "kubectl.kubernetes.io/last-applied-configuration"
_PATH = re.compile(r"/(?:api/(v1)|apis/([^/?]+/[^/?]+))(?:/namespaces/([^/?]+))?(?:/([a-z]+))?(?:/([^/?]+))?(?:\?.*)?")
_GROUPS: dict[str, dict[str, str]] = {
    "v1": {
        "namespaces": "Namespace",
        "secrets": "Secret",
        "services": "Service",
        "configmaps": "ConfigMap",
        "serviceaccounts": "ServiceAccount",
        "persistentvolumeclaims": "PersistentVolumeClaim",
    },
    "apps/v1": {"deployments": "Deployment", "statefulsets": "StatefulSet"},
    "networking.k8s.io/v1": {"networkpolicies": "NetworkPolicy", "ingresses": "Ingress"},
    "policy/v1": {"poddisruptionbudgets": "PodDisruptionBudget"},
    "autoscaling/v2": {"horizontalpodautoscalers": "HorizontalPodAutoscaler"},
}

Key = tuple[str, str, str]
"""Kind, namespace, name."""


class Server(ThreadingHTTPServer):
    """Holds the objects."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.objects: dict[Key, Manifest] = {}

    def put(self, items: Iterable[Manifest]) -> None:
        """Run these objects, as ``kubectl apply`` has made them, and nothing else; Secrets have all their values."""
        self.objects = {key(item): _noted(item) for item in items}
        self.fill()

    def fill(self) -> None:
        """Give every Secret the values that it lacks."""
        for item in self.objects.values():
            if item["kind"] == "Secret":
                wanted = json.loads(item["metadata"].get("annotations", {}).get("novaplan.dev/keys", "{}"))
                item["data"] = {**dict.fromkeys(wanted, "bmV3"), **item.get("data", {})}

    def rendered(self) -> dict[Key, Manifest]:
        """The objects as they were rendered."""
        return {own: _plain(item) for own, item in self.objects.items()}


def key(item: Manifest) -> Key:
    return (item["kind"], item["metadata"].get("namespace", ""), item["metadata"]["name"])


@contextmanager
def served() -> Iterator[Server]:
    with Server() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def _noted(item: Manifest) -> Manifest:
    made: Manifest = json.loads(json.dumps(item))
    made["metadata"].setdefault("annotations", {})[LAST] = json.dumps(item)
    made["metadata"] |= {"uid": "1", "resourceVersion": "1"}
    return made


def _plain(item: Manifest) -> Manifest:
    made: Manifest = json.loads(json.dumps(item))
    for name in ("uid", "resourceVersion"):
        made["metadata"].pop(name)
    made["metadata"].get("annotations", {}).pop(LAST, None)
    if not made["metadata"].get("annotations"):
        made["metadata"].pop("annotations", None)
    if made["kind"] == "Secret":
        made.pop("data", None)
    return made


def _merged(value: Any, patch: Any) -> Any:
    if not isinstance(patch, dict):
        return patch
    found = dict(value) if isinstance(value, dict) else {}
    for name, change in patch.items():
        if change is None:
            found.pop(name, None)
        else:
            found[name] = _merged(found.get(name), change)
    return found


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: Server

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        if self.path.startswith("/api?") or self.path == "/api":
            self._say(200, {"kind": "APIVersions", "versions": ["v1"]})
        elif self.path.startswith("/apis?") or self.path == "/apis":
            groups = [
                (name.partition("/")[0], {"groupVersion": name, "version": name.rpartition("/")[2]}) for name in _GROUPS
            ]
            listed = [
                {"name": name, "versions": [item], "preferredVersion": item} for name, item in groups if name != "v1"
            ]
            self._say(200, {"kind": "APIGroupList", "apiVersion": "v1", "groups": listed})
        elif (found := _PATH.fullmatch(self.path)) and found[4] is None and found[3] is None:
            group = found[1] or found[2]
            verbs = ["get", "list", "create", "delete", "patch", "watch"]
            made = [
                {
                    "name": name,
                    "kind": kind,
                    "singularName": kind.lower(),
                    "namespaced": kind != "Namespace",
                    "verbs": verbs,
                }
                for name, kind in _GROUPS.get(group, {}).items()
            ]
            self._say(200, {"kind": "APIResourceList", "groupVersion": group, "resources": made})
        elif found:
            self._listed()
        else:  # it has no schemas
            self._refuse(404, "NotFound", "there is nothing")

    def _listed(self) -> None:
        group, (kind, space, name) = self._own()
        if name:
            self._found((kind, space, name), lambda item: item)
        else:
            items = [item for own, item in self.server.objects.items() if own[:2] == (kind, space)]
            self._say(200, {"kind": f"{kind}List", "apiVersion": group, "metadata": {}, "items": items})

    def do_POST(self) -> None:
        _, (kind, space, _) = self._own()
        item = self._read()
        own = (kind, space, item["metadata"]["name"])
        if kind != "Namespace" and ("Namespace", "", space) not in self.server.objects:
            self._refuse(404, "NotFound", f'namespaces "{space}" not found')
        elif own in self.server.objects:
            self._refuse(409, "AlreadyExists", f'"{own[2]}" already exists')
        else:
            item["metadata"] |= {"uid": "1", "resourceVersion": "1"}
            self.server.objects[own] = item
            self._say(201, item)

    def do_PATCH(self) -> None:
        patch = self._read()
        last = patch.get("metadata", {}).get("annotations", {}).get(LAST)
        strategic = "strategic" in (self.headers["Content-Type"] or "")

        def patched(item: Manifest) -> Manifest:
            if not (strategic and last):
                made: Manifest = _merged(item, patch)
            else:
                made = {**_noted(json.loads(last)), **({"data": item["data"]} if item["kind"] == "Secret" else {})}
                made["metadata"]["annotations"][LAST] = last
            self.server.objects[key(made)] = made
            return made

        self._found(self._own()[1], patched)

    def do_DELETE(self) -> None:
        self._read()

        def gone(item: Manifest) -> Manifest:
            del self.server.objects[key(item)]
            return {"kind": "Status", "apiVersion": "v1", "status": "Success", "details": {"uid": "1"}}

        self._found(self._own()[1], gone)

    def _own(self) -> tuple[str, Key]:
        found = _PATH.fullmatch(self.path)
        assert found is not None, self.path
        group, space, plural, name = found[1] or found[2], found[3] or "", found[4], found[5] or ""
        if group == "v1" and plural is None:
            return group, ("Namespace", "", space)
        return group, (_GROUPS[group][plural], space, name)

    def _found(self, own: Key, made: Any) -> None:
        item = self.server.objects.get(own)
        if item is None:
            self._refuse(404, "NotFound", f'"{own[2]}" not found')
        else:
            self._say(200, made(item))

    def _read(self) -> Manifest:
        length = int(self.headers.get("Content-Length") or 0)
        found: Manifest = json.loads(self.rfile.read(length) or "{}")
        return found

    def _refuse(self, code: int, reason: str, message: str) -> None:
        body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code}
        self._say(code, {**body, "reason": reason, "message": message, "details": {}})

    def _say(self, code: int, body: Manifest) -> None:
        text = json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)
