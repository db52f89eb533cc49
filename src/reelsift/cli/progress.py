"""A progress bar on stderr."""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

__all__ = ["Bar"]


_LONGEST = 32


class _Rate(ProgressColumn):
    """Frames a second."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:,.0f}/s" if task.speed else "", style="cyan")


def _shortened(what: str) -> str:
    """The end of a long path is what tells it from others."""
    return what if len(what) <= _LONGEST else f"...{what[3 - _LONGEST :]}"


class Bar:
    """One bar, for the step that is running; vanishes when closed."""

    def __init__(self) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn())
        self._progress = Progress(*columns, console=Console(stderr=True), transient=True)
        self._progress.start()
        self._what, self._task = "", self._progress.add_task("", visible=False)

    def show(self, what: str, *, done: int, total: int) -> None:
        if what != self._what:
            self._progress.remove_task(self._task)
            self._what, self._task = what, self._progress.add_task(_shortened(what), total=total or None)
        self._progress.update(self._task, completed=done, total=total or None)

    def close(self) -> None:
        self._progress.stop()
