"""A patch as files: what is applied, what is deleted, and a script that does both in order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from novaplan.documents.files import generated_header
from novaplan.errors import one_line
from novaplan.render.layouts.plain import manifests_file
from novaplan.render.manifests import Manifest, identity, without_absent
from novaplan.render.patches.patch import Patch, Renewal, SecretChange, is_optional, keys
from novaplan.render.texts import environment
from novaplan.render.tree import File

SCRIPT: Final = "apply.sh"
SPACES, APPLIED, DELETED, SCALED, POLICIES = (
    "namespaces.yaml",
    "apply.yaml",
    "delete.yaml",
    "last-applied.yaml",
    "keep.yaml",
)


def files(patch: Patch, *, before: str, after: str) -> dict[str, File]:
    """The files of ``patch``; ``before`` and ``after`` are what the systems are called."""
    found = {
        SPACES: _applied(patch, namespaces=True),
        APPLIED: _applied(patch, namespaces=False),
        DELETED: _deleted(patch),
        SCALED: patch.scaled,
        POLICIES: patch.policies,
        **{_secret_file(item): [item] for item in patch.created_secrets},
    }
    made = {name: manifests_file(list(items)) for name, items in found.items() if items}
    return {**made, SCRIPT: File(_script(patch, before=before, after=after), executable=True)}


def summary(patch: Patch) -> list[str]:
    """What the patch does, one line for each object."""
    return list(_lines(patch)) or ["nothing to do: both are the same objects"]


def _script(patch: Patch, *, before: str, after: str) -> str:
    templates = environment(f"{__package__}.templates").overlay(comment_start_string="<#", comment_end_string="#>")
    return templates.get_template("apply.sh.j2").render(
        header=generated_header("render"),
        before=one_line(before),
        after=one_line(after),
        lines=[one_line(line) for line in summary(patch)],
        patch=patch,
        spaces=SPACES if _applied(patch, namespaces=True) else "",
        applied=APPLIED if _applied(patch, namespaces=False) else "",
        deleted=DELETED if _deleted(patch) else "",
        scaled=SCALED,
        policies=POLICIES if patch.policies else "",
        created=[{**_named(item), "file": _secret_file(item)} for item in patch.created_secrets],
        gained=[_merging(change, lost=False) for change in patch.secrets if change.merged(lost=False)],
        lost=[_merging(change, lost=True) for change in patch.secrets if change.lost],
        fill=list(_to_fill(patch)),
        renewed=[{**_named(one.item), "orphans": one.orphans} for one in patch.renewed],
        namespaces=[item["metadata"]["name"] for item in patch.deleted if item["kind"] == "Namespace"],
        claims=[_named(item) for item in patch.claims],
        homeless=any("namespace" not in item["metadata"] and item["kind"] != "Namespace" for item in _touched(patch)),
    )


def _applied(patch: Patch, *, namespaces: bool) -> list[Manifest]:
    """Namespaces come before everything that is in them, Secrets too."""
    return [item for item in patch.applied if (item["kind"] == "Namespace") is namespaces]


def _deleted(patch: Patch) -> list[Manifest]:
    """What goes at once; a namespace goes after it, and only when no claim is left in it."""
    return [_stub(item) for item in patch.deleted if item["kind"] != "Namespace"]


def _touched(patch: Patch) -> Iterator[Manifest]:
    yield from (*patch.created_secrets, *patch.applied, *patch.deleted, *patch.claims)
    yield from (change.after for change in patch.secrets)


def _stub(item: Manifest) -> Manifest:
    """As much of an object as names it."""
    metadata = {key: item["metadata"].get(key) for key in ("name", "namespace")}
    return {"apiVersion": item["apiVersion"], "kind": item["kind"], "metadata": without_absent(metadata)}


def _secret_file(item: Manifest) -> str:
    metadata = item["metadata"]
    return "-".join(["secret", *filter(None, [metadata.get("namespace")]), metadata["name"]]) + ".yaml"


def _named(item: Manifest) -> dict[str, Any]:
    return {
        "kind": item["kind"].lower(),
        "name": item["metadata"]["name"],
        "namespace": item["metadata"].get("namespace", ""),
        "shown": _shown(item),
    }


def _merging(change: SecretChange, *, lost: bool) -> dict[str, Any]:
    import json

    return {**_named(change.after), "patch": json.dumps(change.merged(lost=lost), ensure_ascii=False, sort_keys=True)}


def _shown(item: Manifest) -> str:
    _, kind, namespace, name = identity(item)
    return f"{kind} {namespace}/{name}" if namespace else f"{kind} {name}"


def _to_fill(patch: Patch) -> Iterator[dict[str, Any]]:
    """Keys that somebody has to give values to."""
    wanted = [(item, keys(item)) for item in patch.created_secrets]
    wanted += [(change.after, change.gained) for change in patch.secrets]
    for item, missing in wanted:
        for name, purpose in missing.items():
            optional = is_optional(item, name)
            told = [*([purpose] if purpose else []), *(["optional"] if optional else [])]
            text = f"{_shown(item)}: {name}" + (f" ({', '.join(told)})" if told else "")
            yield {**_named(item), "key": name, "text": one_line(text), "optional": optional}


def _lines(patch: Patch) -> Iterator[str]:
    yield from (f"create {_shown(item)}, to be filled in" for item in patch.created_secrets)
    for change in patch.secrets:
        told = [
            f"gains {', '.join(change.gained)}" if change.gained else "",
            *(f"loses {name}" for name in change.lost),
        ]
        yield f"merge {_shown(change.after)}: {'; '.join(filter(None, told)) or 'labels and annotations'}"
    yield from (f"renew {_renewal(one)}" for one in patch.renewed)
    for item in patch.applied:
        yield f"apply {_shown(item)}" + (" (novaplan's record alone)" if identity(item) in patch.only_recorded else "")
    yield from (f"delete {_shown(item)}" for item in patch.deleted)
    yield from (f"keep {_shown(item)}: nothing uses it any more; {SCRIPT} claims deletes it" for item in patch.claims)
    for item, names in patch.stuck:
        yield f"keep {_shown(item)} as it is: {', '.join(names)} cannot be changed; move its data to a new one"


def _renewal(one: Renewal) -> str:
    if not one.fields:
        return f"{_shown(one.item)}: deleted first, as another one takes over its paths; nobody answers them until then"
    meanwhile = "its pods go on" if one.orphans else "it is away for a moment"
    lost = ", its values are lost: keep a copy" if one.item["kind"] == "Secret" else ""
    fields = ", ".join(one.fields)
    return f"{_shown(one.item)}: {fields} cannot be changed, so it is deleted and made anew; {meanwhile}{lost}"
