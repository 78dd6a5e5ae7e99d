"""``novaplan consolidate``."""

from __future__ import annotations

from typing import Annotated

import typer

from novaplan.cli import output
from novaplan.cli.usage import (
    FINE,
    MISUSED,
    ForceOption,
    OutputOption,
    TopologyArgument,
    command,
    new_application,
)

app = new_application()


@command(
    app,
    "novaplan consolidate current --policy nova-consolidation -o target.yaml",
    "novaplan consolidate current --policy nova-consolidation | novaplan show -",
    statuses=(FINE, "1  wrong input, or a refusal: one line for each conflict", MISUSED),
)
def consolidate(
    topology: TopologyArgument,
    policy: Annotated[
        str,
        typer.Option(
            "--policy", metavar="NAME", show_default=False, help="What becomes one: a file, or a name in models/."
        ),
    ],
    destination: OutputOption = None,
    force: ForceOption = False,
) -> None:
    """Make the consolidated topology that a policy describes.

    Nothing is merged by guessing: where two values or two owners collide, the consolidation is refused, and each
    conflict names the line of the policy that settles it.
    """
    if topology == policy == output.STANDARD_STREAM:
        raise typer.BadParameter("only one of TOPOLOGY and --policy can be standard input", param_hint="--policy")

    from novaplan import consolidation
    from novaplan.documents import files
    from novaplan.topology import storage

    target = consolidation.consolidate(storage.load(topology), consolidation.load_policy(policy))
    output.deliver(storage.dumps(target, header=files.generated_header("consolidate")), destination, force=force)
