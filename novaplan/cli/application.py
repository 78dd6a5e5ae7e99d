"""The command ``novaplan`` itself: finds its commands by their file names and imports only those it needs."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
import typer.core
import typer.main

import novaplan
from novaplan.cli import commands, output
from novaplan.cli.usage import epilog, new_application


class _Commands(MutableMapping[str, Any]):
    """Every command by name, imported when it is asked for. A module whose name would be a keyword of Python ends in an
    underscore, which the command's name does not."""

    def __init__(self) -> None:
        modules = (file.stem for file in Path(commands.__path__[0]).glob("[a-z]*.py"))
        self._modules = {name.rstrip("_").replace("_", "-"): name for name in modules}
        self._built: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._built:
            module = import_module(f"{commands.__name__}.{self._modules[name]}")
            built = typer.main.get_command(module.app)
            built.name = name
            self._built[name] = built
        return self._built[name]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._modules))

    def __len__(self) -> int:
        return len(self._modules)

    def __setitem__(self, name: str, command: Any) -> None:
        self._built[name] = command

    def __delitem__(self, name: str) -> None:
        del self._modules[name]


class _LazyGroup(typer.core.TyperGroup):
    """A group that knows the names of its commands without importing them."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**{**attributes, "commands": None})
        self.commands = _Commands()

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - the name is Typer's
        """The names alone; Typer's own way would import every command."""
        return list(self.commands)


def command() -> Any:
    """``novaplan`` as something that can be called with the words of a command line."""
    application = new_application(
        cls=_LazyGroup,
        no_args_is_help=True,
        # Context settings are handed down to every command.
        context_settings={"help_option_names": ["--help", "-h"]},
        epilog=epilog(
            "novaplan show current",
            "novaplan consolidate current --policy nova-consolidation -o target.yaml",
            "novaplan diff current target",
        ),
    )
    application.callback()(_novaplan)
    return typer.main.get_command(application)


def _show_version(wanted: bool) -> None:
    if wanted:
        output.write(f"novaplan {novaplan.__version__}\n")
        raise typer.Exit


def _novaplan(
    version: Annotated[
        bool,
        typer.Option("--version", help="Show the version and leave.", callback=_show_version, is_eager=True),
    ] = False,
) -> None:
    """Plan the consolidation of a microservice system: what becomes of every part, what it needs, and if it fits.

    A TOPOLOGY is a file, - for standard input, or a name: current means topologies/current.yaml in this folder, or else
    the one that novaplan brings along.
    """
