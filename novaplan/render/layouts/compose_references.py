"""What a container refers to, as compose has it: variables, keys of ConfigMaps and Secrets, fields of its pod."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from novaplan.render.assembly import Bundle
from novaplan.render.credentials import Key

_PLACE: Final = re.compile(r"\$\$|\$\(([A-Za-z_][-A-Za-z0-9_.]*)\)")
"""A variable in a command or in a value, as Kubernetes fills it in; two dollar signs stand for one."""


class Text(str):
    """Text in which compose fills in the variables; every dollar sign that is meant is doubled already."""

    __slots__ = ()


def escaped(value: Any) -> Any:
    """``value`` with every dollar sign doubled, but not where compose is to fill in a variable."""
    if isinstance(value, Text):
        return value
    if isinstance(value, str):
        return value.replace("$", "$$")
    if isinstance(value, dict):
        return {key: escaped(item) for key, item in value.items()}
    return [escaped(item) for item in value] if isinstance(value, list) else value


def filled(text: str, variables: Mapping[str, str]) -> str:
    """``text`` with the variables of its container, as Kubernetes fills them in."""
    parts, end = [], 0
    for match in _PLACE.finditer(text):
        value = "$" if match[0] == "$$" else variables.get(match[1], match[0])
        parts += [text[end : match.start()], value]
        end = match.end()
    parts.append(text[end:])
    joined = "".join(escaped(part) for part in parts)
    return Text(joined) if any(isinstance(part, Text) for part in parts) else "".join(parts)


@dataclass(slots=True)
class References:
    """What the containers of a project refer to: known ConfigMaps, and a variable for each key of a Secret."""

    config_maps: dict[tuple[str, str], dict[str, str]]
    keys: dict[tuple[str, str], tuple[Key, ...]]
    variables: dict[tuple[str, str, str], str] = field(default_factory=dict)
    """The name of the variable of each key that is used, by namespace, Secret and key."""
    configs: dict[str, dict[str, str]] = field(default_factory=dict)
    secrets: dict[str, dict[str, str]] = field(default_factory=dict)
    """Top-level configs and secrets of the compose file."""

    def setting(self, namespace: str, reference: Mapping[str, Any]) -> str:
        """The value of a key of a ConfigMap, or the variable that must bring it where the map is not rendered."""
        name, key = reference["name"], reference["key"]
        known = self.config_maps.get((namespace, name), {}).get(key)
        return self.secret(namespace, reference, "ConfigMap") if known is None else known

    def secret(self, namespace: str, reference: Mapping[str, Any], kind: str = "Secret") -> Text:
        """The variable that holds a key of a Secret; without a value compose does not start, unless it is optional."""
        name, key = reference["name"], reference["key"]
        variable = self.variable(namespace, name, key)
        if reference.get("optional"):
            return Text(f"${{{variable}:-}}")
        about = re.sub(r"[^-.\w ]", "_", f"{key} of the {kind} {name}")
        return Text(f"${{{variable}:?set it in .env to {about}}}")

    def variable(self, namespace: str, name: str, key: str) -> str:
        """The name of the variable that holds a key: of the Secret and the key, of the namespace too where another one
        has that name."""
        known = self.variables.get((namespace, name, key))
        if known is not None:
            return known
        taken = set(self.variables.values())
        words = (f"{name}_{key}", f"{namespace}_{name}_{key}")
        made = [re.sub(r"[^A-Z0-9]", "_", word.upper()) for word in words]
        made = [f"_{word}" if word[0].isdigit() else word for word in made]
        made += [f"{made[-1]}_{number}" for number in range(2, len(taken) + 3)]
        chosen = next(word for word in made if word not in taken)
        self.variables[namespace, name, key] = chosen
        return chosen

    def config(self, namespace: str, name: str, key: str) -> str:
        """The name of the top-level config with the text of a ConfigMap's key."""
        text = self.config_maps.get((namespace, name), {}).get(key, "")
        return self.text(f"{name}-{key}", text, f"{namespace}-{name}-{key}")

    def text(self, name: str, text: str, otherwise: str) -> str:
        """The name of a top-level config that holds ``text``."""
        chosen = name if self.configs.setdefault(name, {"content": text})["content"] == text else otherwise
        self.configs.setdefault(chosen, {"content": text})
        return chosen

    def file(self, namespace: str, name: str, key: str) -> str:
        """The name of the top-level secret with a key of a Secret."""
        variable = self.variable(namespace, name, key)
        chosen = variable.lower()
        self.secrets[chosen] = {"environment": variable}
        return chosen


def references(bundle: Bundle) -> References:
    """What the objects of ``bundle`` can refer to."""
    maps = {
        (namespace_of(item), item["metadata"]["name"]): dict(item.get("data") or {})
        for item in bundle.manifests
        if item["kind"] == "ConfigMap"
    }
    keys = {(need.namespace or DEFAULT, need.name): need.keys for need in bundle.needs}
    return References(maps, keys)


DEFAULT: Final = "default"
"""The namespace of what is in none."""


def namespace_of(item: Mapping[str, Any]) -> str:
    """The namespace an object is in."""
    return str(item["metadata"].get("namespace") or DEFAULT)
