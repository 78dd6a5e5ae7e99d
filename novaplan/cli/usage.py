"""What the commands have in common: how they are declared, the options they share, the end of their help."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar

import typer
import typer.core

TopologyArgument = Annotated[
    str,
    typer.Argument(
        metavar="TOPOLOGY", show_default=False, help="A file, a name such as current, or - (standard input)."
    ),
]
OutputOption = Annotated[
    str | None,
    typer.Option("--output", "-o", metavar="FILE", help="Write FILE, whole or not at all; default: standard output."),
]
ForceOption = Annotated[
    bool,
    typer.Option("--force", help="Replace FILE even if novaplan did not write it."),
]

FINE = "0  fine"
FAILED = "1  wrong input, or a result that cannot be written; standard error says\n     where, and how to mend it"
MISUSED = "2  wrong usage"

Function = TypeVar("Function", bound=Callable[..., None])


class _Command(typer.core.TyperCommand):
    """A command whose usage reads as everybody writes it: NAME where it is required, [NAME] where it is not."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Typer's own pieces, without the braces it puts around what is required."""
        return [piece[1:-1] if piece.startswith("{") else piece for piece in super().collect_usage_pieces(ctx)]


def new_application(**settings: Any) -> typer.Typer:
    """A Typer application with the habits of this command line.

    Plain help, because rich takes as long to import as everything else together; and tracebacks as Python writes them,
    because a bug report needs those.
    """
    return typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False, **settings)


def command(
    application: typer.Typer, *examples: str, statuses: Sequence[str] = (FINE, FAILED, MISUSED)
) -> Callable[[Function], Function]:
    """Declare a command: its name, help, arguments and options are those of the function; the help ends with
    ``examples`` of its use and with what its exit status says."""
    return application.command(cls=_Command, epilog=epilog(*examples, statuses=statuses))


def epilog(*examples: str, statuses: Sequence[str] = (FINE, FAILED, MISUSED)) -> str:
    """The end of a help page: examples, and what the exit status says."""
    return "\n\n".join([_section("Examples:", examples), _section("Exit status:", statuses)])


def _section(title: str, lines: Sequence[str]) -> str:
    return "\n".join(["\b", title, *(f"  {line}" for line in lines)])  # after \b nothing is wrapped
