"""Delete secrets, or keys of them, that nothing mounts any more."""

from __future__ import annotations

from collections import defaultdict

from novaplan.migration.allowing import only_removes
from novaplan.migration.draft import Draft
from novaplan.migration.edits import remove
from novaplan.migration.rewire import names_of
from novaplan.migration.step import Action, Gate, Step
from novaplan.migration.steps.create_secret import TLS, twins
from novaplan.migration.texts import kubectl, listed, rendered, sh, undo
from novaplan.migration.world import World
from novaplan.topology.parts import kind_of, parent_of
from novaplan.topology.wiring import Secret

PHASE, ORDER = "contract", 380


def propose(draft: Draft) -> None:
    """One for each secret that target lacks, in whole or in part."""
    gone: dict[str, list[str]] = defaultdict(list)
    for own in sorted(draft.state.parts):
        if own not in draft.goal and kind_of(own) in ("secret", "secret-key"):
            gone[own if kind_of(own) == "secret" else parent_of(own)].append(own)
    for secret, owns in sorted(gone.items()):
        *space, name = names_of(secret)
        whole, held = secret in owns, draft.state.part(secret, Secret)
        tls = held is not None and held.type == TLS  # of which novaplan renders nothing
        stays = held is not None and twins(draft, held, draft.target.secrets)
        keys = [names_of(own)[-1] for own in owns if own != secret]
        namespace = space[0] if space else None
        draft.add(
            *space,
            name,
            title=f"Delete the secret {name}" if whole else f"Take {listed(keys)} out of the secret {name}",
            stages=[[remove(own) for own in reversed(owns)]],
            units={"keys": len(keys)},
            touches=[],
            preconditions=(
                "what it opened can be opened with the new one, or is gone",
                "the store of secrets keeps its last version",
            ),
            actions=[
                Action("Leave it: in the cluster it is the one that target puts into its namespace", tool="person")
            ]
            if tls and stays
            else [Action("Delete it", kubectl(namespace, "delete", "secret", name))]
            if tls
            else rendered("Delete it" if whole else "Take them out; the values of the other keys stay"),
            gates=[
                Gate(
                    "No pod waits for it",
                    "kubectl",
                    sh("kubectl", "get", "events", "-A", "--field-selector", "reason=FailedMount")
                    + " | "
                    + sh("grep", "-cwF", "--", name),
                    "== 0",
                )
            ],
            rollback=[Action("Put it back from the store of secrets", tool="person")]
            if tls
            else undo("Put it back, and fill it in from the store of secrets when the script asks for it"),
            undone_until="the store of secrets forgets its last version",
        )


def allowed(step: Step, world: World) -> str:
    """It removes secrets and keys."""
    return only_removes(step, "secret", "secret-key")
