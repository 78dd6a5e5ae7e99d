"""Build the merged image: the code of several services as one, what is new behind flags that are off."""

from __future__ import annotations

import shlex

from novaplan.migration.allowing import nothing, subject
from novaplan.migration.draft import Draft
from novaplan.migration.gates import YES
from novaplan.migration.step import Action, Gate, Step
from novaplan.migration.texts import listed
from novaplan.migration.world import World
from novaplan.topology.service import Codebase

PHASE, ORDER = "expand", 30


def propose(draft: Draft) -> None:
    """One for each service that takes over from others."""
    for new, olds in sorted(draft.world.sources.items()):
        if tuple(olds) == (new,):
            continue
        target = draft.target.service[new]
        primary = max((code.lines or 0 for code in target.codebases), default=0)
        lines = sum(code.lines or 0 for code in target.codebases) - primary
        image = target.main.image if target.main and target.main.image else None
        flags = [flag.name for flag in target.flags]
        draft.add(
            new,
            title=f"Merge the code of {listed(olds)} into one image, {new}, and put what is new behind flags"
            if len(olds) > 1
            else f"Build the image of {new} from the code of {olds[0]}",
            units={"kilolines": round(lines / 1000), "services": len(olds)},
            establishes=(f"image/{new}",),
            touches=[*olds, new],
            actions=[
                Action(
                    f"Merge {_named(target.codebases)} on one branch; calls between them become function calls",
                    tool="git",
                ),
                Action(
                    f"Put what is new behind flags that are off: {listed(flags)}" if flags else "No flag is needed",
                    tool="git",
                ),
                Action("Build it", sh_build(image), "shell")
                if image
                else Action("Build it in the pipeline", tool="shell"),
            ],
            gates=[
                Gate(
                    "The contract tests pass",
                    "person",
                    f"Did every contract test pass against {new}, and against what it takes over from?",
                    YES,
                )
            ],
            rollback=[Action("Leave the image unused; the old ones go on", tool="git")],
            undone_until=f"{new} is released",
            risk="medium" if len(olds) > 1 else "low",
        )


def sh_build(image: str) -> str:
    """The commands that build and push an image."""
    return f"docker build -t {shlex.quote(image)} . && docker push {shlex.quote(image)}"


def _named(codebases: tuple[Codebase, ...]) -> str:
    return listed([code.name for code in codebases]) or "the code"


def requires_of(step: Step, world: World) -> tuple[str, ...]:
    """The contract tests of the service."""
    return (f"contract-tests/{subject(step)[0]}",)


def allowed(step: Step, world: World) -> str:
    """It changes nothing."""
    return nothing(step)
