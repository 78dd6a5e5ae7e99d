"""Take the inventory: every caller, route, job, consumer, foreign key and secret that is really in use."""

from __future__ import annotations

from novaplan.migration.allowing import nothing
from novaplan.migration.draft import Draft
from novaplan.migration.gates import YES
from novaplan.migration.step import Action, Gate, Step
from novaplan.migration.world import World

PHASE, ORDER = "expand", 10


def propose(draft: Draft) -> None:
    """One, before everything."""
    stores = sorted({store.kind for store in draft.current.datastores})
    draft.add(
        draft.current.name,
        title=f"Compare what {draft.current.name} really does with its topology file, before anything changes",
        units={"services": len(draft.current.services)},
        establishes=("inventory",),
        touches=[service.name for service in draft.current.services],
        actions=[
            Action(
                "See whether the file still says what runs: read the manifests of it all, wherever you keep them",
                "novaplan import kubernetes FOLDER -o observed.yaml",
                "novaplan",
            ),
            Action(
                "Compare both, and mend the file or the system until they agree",
                "novaplan diff states/{before}.yaml observed.yaml --detailed-exitcode",
                "novaplan",
            ),
            Action(
                "Ask every server who is connected"
                + (f" ({', '.join(stores)}), and" if stores else ", and")
                + " look for jobs, webhooks and scripts that no file names",
                tool="person",
            ),
        ],
        gates=[Gate("The file is whole", "person", "Is everything that was seen in the file?", YES)],
        rollback=[Action("Nothing was changed", tool="person")],
        undone_until="always: nothing was changed",
    )


def allowed(step: Step, world: World) -> str:
    """It changes nothing."""
    return nothing(step)
