"""Where current runs as far as it does not say so, and how every state of a plan is rendered the same."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cached_property

from novaplan.migration.redis import CONTEXT_NAMESPACE
from novaplan.migration.step import Action, Gate
from novaplan.migration.texts import HOME, SETTINGS, sh
from novaplan.migration.world import World


class Home:
    """What stands for the namespace and the settings of rendering in the commands of steps."""

    def __init__(self, world: World) -> None:
        self._world = world

    @cached_property
    def namespace(self) -> str | None:
        """The namespace of what current puts in none: the one in which most of its heirs are. Old and new then share
        it, which the selector of a Service, a canary of an Ingress and the address of a load balancer need: none of
        them reaches across namespaces. None where current puts everything somewhere, or target nothing."""
        current, target = self._world.current, self._world.target
        heirs = [self._world.heir(service.name) for service in current.services if service.namespace is None]
        spaces = Counter(target.service[name].namespace for name in heirs if name in target.service)
        named = [(-count, space) for space, count in spaces.items() if space is not None]
        return min(named)[1] if named else None

    @cached_property
    def settings(self) -> str:
        """The options with which every state is rendered: in that namespace, and as one system, whose labels and
        Ingresses keep their names although target is called otherwise than current."""
        current, target = self._world.current.name, self._world.target.name
        options = [f"--set=namespace={self.namespace}"] if self.namespace else []
        options += [f"--set=system={current}"] if current != target else []
        return "".join(f" {sh(option)}" for option in options)

    def fill(self, text: str) -> str:
        """``text`` with both filled in; without a namespace kubectl takes that of its context."""
        space = f" -n {sh(self.namespace)}" if self.namespace else ""
        text = text.replace(CONTEXT_NAMESPACE, self.namespace) if self.namespace else text
        return text.replace(f" -n {HOME}", space).replace(SETTINGS, self.settings)

    def action(self, action: Action) -> Action:
        """``action`` with its command filled in."""
        return replace(action, command=self.fill(action.command))

    def gate(self, gate: Gate) -> Gate:
        """``gate`` with its query filled in."""
        return replace(gate, query=self.fill(gate.query))
