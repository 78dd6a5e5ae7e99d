"""The command line: ``novaplan COMMAND``.

``commands/`` holds one module per command, found by its name: to add one, add a file there. ``output`` is the only way
to standard output and standard error, ``terminal`` knows how wide and how colourful they are.

Exit status: 0 fine; 1 an expected error, one line for each problem on standard error; 2 wrong usage, or differences
where a command was asked to say so; 130 interrupted; 141 the reader of standard output went away. A bug keeps its
traceback.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import novaplan
from novaplan.cli import output

TYPE_CHECKING = False  # as in novaplan itself: typing need not be imported to answer --version
if TYPE_CHECKING:
    from typing import NoReturn


def main() -> NoReturn:
    """Run the command line of this process, and end the process."""
    _leave(run(sys.argv[1:]))


def run(words: Sequence[str]) -> int:
    """Run one command and return its exit status.

    This is for a process of its own: it sets the encoding of the standard streams and tunes the garbage collector.
    """
    try:
        output.prepare()
        if list(words) == ["--version"]:  # answered before Typer is imported, which takes four times as long
            output.write(f"novaplan {novaplan.__version__}\n")
        else:
            _run_command(words)
    except KeyboardInterrupt:  # while something was still being imported; afterwards Typer sees it first
        return output.INTERRUPTED
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    except Exception as error:
        from novaplan.errors import NovaplanError

        if not isinstance(error, NovaplanError):
            raise
        return output.report(error)
    return 0


def _run_command(words: Sequence[str]) -> None:
    # pydantic looks through every installed distribution for plug-ins, 25 ms of a start, and none would change what
    # novaplan's models accept. Only here: a library leaves the process it runs in alone.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    _collect_less_garbage()

    from novaplan.cli.application import command

    command().main(list(words), prog_name="novaplan")


def _collect_less_garbage() -> None:
    """Look for cycles seldom: a command makes many objects, few cycles, and ends soon."""
    import gc

    gc.set_threshold(200_000, 50, 100)


def _leave(status: int) -> NoReturn:
    """End the process without freeing every object first, as mypy does: that would take a fifth of a short command."""
    if sys.gettrace() is not None or sys.getprofile() is not None:
        sys.exit(status)  # whoever measures or debugs this process has work to do when it ends
    import atexit

    atexit._run_exitfuncs()
    output.flush()
    os._exit(status)
