"""Options of the commands that plan: how careful, what it costs, who works and when."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

RolloutOption = Annotated[
    str, typer.Option("--rollout", metavar="NAME", help="How careful: a file, or a name in models/.")
]
EffortOption = Annotated[
    str, typer.Option("--effort", metavar="NAME", help="What steps cost: a file, or a name in models/.")
]
PeopleOption = Annotated[
    int | None,
    typer.Option("--people", metavar="N", min=1, show_default="of --rollout", help="Who work side by side."),
]
StartOption = Annotated[
    datetime | None,
    typer.Option("--start", metavar="DATE", formats=["%Y-%m-%d"], show_default=False, help="The first day."),
]
HolidaysOption = Annotated[
    list[datetime] | None,
    typer.Option("--holiday", metavar="DATE", formats=["%Y-%m-%d"], show_default=False, help="A day off."),
]
