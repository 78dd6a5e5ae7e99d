"""Create a secret, or add keys to one, beside what is in use; values come from the store of secrets."""

from __future__ import annotations

from collections.abc import Iterable

from novaplan.migration.allowing import no_removal, only
from novaplan.migration.draft import Draft
from novaplan.migration.edits import put
from novaplan.migration.step import Action, Gate, Step
from novaplan.migration.texts import kubectl, listed, rendered, undo
from novaplan.migration.world import World
from novaplan.topology.parts import path_of, quote, secret_address
from novaplan.topology.wiring import Secret

PHASE, ORDER = "expand", 46
TLS = "kubernetes.io/tls"


def propose(draft: Draft) -> None:
    """One for each that target has and current has not, whole or in part."""
    for secret in draft.target.secrets:
        own = secret_address(secret.name, secret.namespace)
        keys = {f"secret-key:{path_of(own)}/{quote(key.name)}": key for key in secret.keys}
        edits = [put(own, draft.goal[own])] if own not in draft.state.parts else []
        new = {at: key for at, key in keys.items() if at not in draft.state.parts}
        edits += [put(at, key) for at, key in sorted(new.items())]
        if not edits:
            continue
        verb = "Add to" if own in draft.state.parts else "Create"
        draft.add(
            *([secret.namespace] if secret.namespace else []),
            secret.name,
            title=f"{verb} the secret {secret.name}: {listed([key.name for key in new.values()]) or 'no key'}",
            stages=[edits],
            units={"keys": len(new)},
            touches=[],
            actions=_actions(draft, secret),
            gates=[
                Gate(
                    "Every key is there",
                    "kubectl",
                    kubectl(secret.namespace, "get", "secret", secret.name, "-o", "go-template={{len .data}}"),
                    f">= {len(secret.keys)}",
                )
            ],
            rollback=undo("Take what was added out again")
            if secret.type != TLS
            else [Action("Leave it: it was there before", tool="person")]
            if twins(draft, secret, draft.current.secrets)
            else [Action("Delete it", kubectl(secret.namespace, "delete", "secret", secret.name))],
            undone_until="something mounts it",
        )


def twins(draft: Draft, secret: Secret, others: Iterable[Secret]) -> bool:
    """Whether one of ``others`` is the same object in the cluster, although another one in its topology."""
    here = secret.namespace or draft.home.namespace
    return any((item.name, item.namespace or draft.home.namespace) == (secret.name, here) for item in others)


def _actions(draft: Draft, secret: Secret) -> list[Action]:
    if secret.type == TLS and twins(draft, secret, draft.current.secrets):
        says = "It is there already, as current puts it into this namespace: see that the certificate is valid for long"
        return [Action(says, kubectl(secret.namespace, "get", "secret", secret.name))]
    if secret.type == TLS:
        words = ("create", "secret", "tls", secret.name, "--cert=tls.crt", "--key=tls.key")
        return [
            Action(
                "Create it from the certificate and its key, unless cert-manager makes it; novaplan renders none"
                " without values, which Kubernetes would refuse",
                kubectl(secret.namespace, *words),
            )
        ]
    return [
        *rendered("Create it without values: the script then stops and lists the keys that have none"),
        Action(
            "Fill them in under stringData, from the store of secrets, for a database with the password of the new"
            " role; then run the script again, which has to find every key",
            kubectl(secret.namespace, "edit", "secret", secret.name),
        ),
    ]


def requires_of(step: Step, world: World) -> tuple[str, ...]:
    """The inventory says what is needed."""
    return ("inventory",)


def allowed(step: Step, world: World) -> str:
    """It adds secrets and keys."""
    return only(step, "secret", "secret-key") or no_removal(step, "secret", "secret-key")
