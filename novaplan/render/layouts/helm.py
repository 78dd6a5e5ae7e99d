"""Helm: a chart whose templates are the plain manifests with values put in their places.

The templates use four forms of Go's template language and no other, so that ``importers.kubernetes.charts`` can read
the chart as Helm does:

- ``{{ toJson (index .Values "services" "web" "replicas") }}`` where a value stands; keys are quoted as Go quotes them;
- ``{{ if index .Values "services" "web" "enabled" -}}`` on a line of its own before an object, which is there only
  with that value; several may follow each other;
- ``{{ end -}}`` on a line of its own behind the object, once for each;
- ``{{ "{{" }}`` for two opening braces of the text itself.

``values.yaml`` holds what the system renders to in no environment, ``values-NAME.yaml`` what differs in one.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterable
from itertools import count
from typing import Any, Final

from novaplan.documents import writer
from novaplan.documents.quoting import comment
from novaplan.render.assembly import Bundle
from novaplan.render.context import Context
from novaplan.render.environments import context_for, context_without, environments
from novaplan.render.layouts.differences import Identity
from novaplan.render.layouts.helm_values import Chart, Keys, Point, at, chart, override
from novaplan.render.layouts.plain import HEADER, yaml_file
from novaplan.render.manifests import Manifest, identity
from novaplan.render.tree import File

TEMPLATES: Final = "templates"
VERSION: Final = "0.1.0"
_NOTES: Final = """{name}

    kubectl get pods --all-namespaces --selector app.kubernetes.io/part-of={name}

values.yaml: replicas, autoscaling, images, resources, storageClass, ingress.
"""


def tree(context: Context, build: Callable[[Context], Bundle]) -> dict[str, File]:
    """The chart; ``build`` makes the objects of a context. Raises as it does, and as ``context_for``."""
    base = build(context_without(context))
    described = environments(context)
    made = [build(context_for(context, environment)) for environment in described]
    system = chart(context, base.manifests, [bundle.manifests for bundle in made])
    first, *others = system.values
    files = {
        "Chart.yaml": yaml_file(
            {
                "apiVersion": "v2",
                "name": context.system,
                "description": context.topology.description or context.topology.name,
                "type": "application",
                "version": VERSION,
            }
        ),
        "values.yaml": yaml_file(first),
        "values.schema.json": File(json.dumps(_schema(system), ensure_ascii=False, indent=2) + "\n"),
    }
    for environment, values in zip(described, others, strict=True):
        files[f"values-{environment.name}.yaml"] = yaml_file(override(first, values))
    for name, items in _arranged([base, *made]).items():
        files[f"{TEMPLATES}/{name}"] = File(_comment() + "".join(_template(system, item) for item in items))
    head = f"{{{{- /* {HEADER} */ -}}}}\n"  # in no notes that anybody reads
    files[f"{TEMPLATES}/NOTES.txt"] = File(head + _escaped(_NOTES.format(name=context.system)))
    return files


def _schema(system: Chart) -> dict[str, Any]:
    # Helm itself adds `global` where the chart is part of another one.
    properties = {**system.schema["properties"], "global": {"type": "object"}}
    draft = "https://json-schema.org/draft/2020-12/schema"
    return {"$schema": draft, "$comment": HEADER, **system.schema, "properties": properties}


def _arranged(bundles: Iterable[Bundle]) -> dict[str, list[Identity]]:
    """The objects of the chart by file, each where the first environment that has it has it."""
    files: dict[str, list[Identity]] = {}
    placed: set[Identity] = set()
    for bundle in bundles:
        for name, items in bundle.files.items():
            fresh = [key for key in map(identity, items) if key not in placed]
            placed.update(fresh)
            if fresh:
                files.setdefault(name, []).extend(fresh)
    return files


def _comment() -> str:
    return _escaped(comment(HEADER))


def _template(system: Chart, key: Identity) -> str:
    points, item = system.points[key], system.objects[key]
    mark = _mark(item)
    body = _escaped(writer.dump(_marked(item, points, mark)))
    # The last first: a mark is the start of those with further digits.
    for number, point in reversed(list(enumerate(points))):
        body = body.replace(f"{mark}{number}", f"{{{{ toJson ({_index(point.keys)}) }}}}")
    conditions = system.conditions[key]
    opened = "".join(f"{{{{ if {_index(keys)} -}}}}\n" for keys in conditions)
    return f"---\n{opened}{body}" + "{{ end -}}\n" * len(conditions)


def _mark(item: Manifest) -> str:
    """A word that the object does not hold, and that is written as it is."""
    text = json.dumps(item, ensure_ascii=False)
    return next(word for number in count() if (word := f"value{number}x") not in text)


def _marked(item: Manifest, points: list[Point], mark: str) -> Any:
    marked: Any = copy.deepcopy(item)
    for number, point in enumerate(points):
        if not point.path:
            return f"{mark}{number}"
        parent = at(marked, point.path[:-1])
        parent[point.path[-1]] = f"{mark}{number}"
    return marked


def _index(keys: Keys) -> str:
    return "index .Values " + " ".join(json.dumps(key, ensure_ascii=False) for key in keys)


def _escaped(text: str) -> str:
    return text.replace("{{", '{{ "{{" }}')
