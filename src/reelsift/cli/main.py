"""The program: all commands, and what becomes of errors."""

from __future__ import annotations

import json
import signal
import sys
from types import FrameType
from typing import Annotated

import typer
from typer.exceptions import TyperException

from reelsift import __version__
from reelsift.cli import (
    annotate_command,
    cut_command,
    demo_command,
    evaluate_command,
    label_commands,
    media_commands,
    predict_command,
    probe_command,
    project_commands,
    rate_command,
    screentime_command,
    select_command,
    split_command,
    train_command,
)
from reelsift.cli.session import FAILED, USAGE, drop_output
from reelsift.errors import ReelsiftError

__all__ = ["app", "main", "run"]

INTERRUPTED = 130

app = typer.Typer(
    name="reelsift",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for module in (
    demo_command,
    probe_command,
    media_commands,
    split_command,
    train_command,
    predict_command,
    evaluate_command,
    cut_command,
    annotate_command,
    screentime_command,
    rate_command,
    select_command,
    project_commands,
):
    module.add_to(app)
app.add_typer(label_commands.app, name="labels")


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"reelsift {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and stop.", is_eager=True, callback=_print_version)
    ] = False,
) -> None:
    """Label a few frames, and turn whole videos into timelines of what they show, and act on them."""


def run() -> None:
    """Entry point of the program: runs the command line and exits with its status."""
    signal.signal(signal.SIGTERM, _terminate)
    sys.exit(main(sys.argv[1:]))


def main(arguments: list[str]) -> int:
    """Runs one command line.

    Returns:
        0 done, 1 failed, 2 wrong usage, 3 partly done, 130 interrupted.
    """
    as_json = "--json" in arguments
    try:
        status = typer.main.get_command(app).main(args=arguments, prog_name="reelsift", standalone_mode=False)
        sys.stdout.flush()
        if status == INTERRUPTED:  # Typer turned Ctrl-C into this
            raise KeyboardInterrupt
        return int(status or 0)
    except TyperException as error:
        if not error.format_message():
            return USAGE  # no command was given, and the help has been shown
        wrong_usage = error.exit_code == USAGE
        hint = f" (see: {_command_path(error)} --help)" if wrong_usage else ""
        text = error.format_message().replace("Value error, ", "").rstrip(".")
        return _failed(f"{text}{hint}", USAGE if wrong_usage else FAILED, as_json)
    except ReelsiftError as error:
        return _failed(str(error), FAILED, as_json)
    except (KeyboardInterrupt, typer.Abort):
        return _failed("stopped; what was done is kept: run the same command again to go on", INTERRUPTED, as_json)
    except SystemExit as ended:  # how Typer ends after completion, and where nobody reads its output any more
        if ended.code:
            drop_output()
        return ended.code if isinstance(ended.code, int) else FAILED * bool(ended.code)
    except BrokenPipeError:
        # Whoever read our output has seen enough.
        drop_output()
        return FAILED
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return _failed(f"{where}{(error.strerror or str(error)).lower()}", FAILED, as_json)
    except MemoryError:
        return _failed("out of memory: use fewer --jobs or a smaller --input-size", FAILED, as_json)
    except Exception as error:
        text = f"unexpected {type(error).__name__}: {error}"
        return _failed(f"{text}; please report this, with the log that --verbose gives", FAILED, as_json)


def _failed(text: str, status: int, as_json: bool) -> int:
    print(f"reelsift: {' '.join(text.split())}", file=sys.stderr)
    if as_json:
        print(json.dumps({"error": text, "exit_status": status}, ensure_ascii=False))
    return status


def _command_path(error: TyperException) -> str:
    context = getattr(error, "ctx", None)
    return str(context.command_path) if context else "reelsift"


def _terminate(number: int, frame: FrameType | None) -> None:
    """Being told to end is as good as Ctrl-C: what is half-written is removed."""
    raise KeyboardInterrupt
