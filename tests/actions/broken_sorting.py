"""Breaks sorting off at each single call of the system that changes anything; says what was not put right after it.

Run as a program: `python broken_sorting.py FOLDER SCENARIO HOW`, where HOW is `kill`, `fail` (that call alone: the disk
is full) or `fail on` (all calls from there). It has no threads, so that it may fork: each run that is broken off is a
process of its own, and really killed. Prints one JSON object.
"""

from __future__ import annotations

import errno
import itertools
import json
import mmap
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from reelsift.actions import sort_files
from reelsift.actions.sort import SortItem, sort_clips, undo_sort
from reelsift.errors import OutputError, SourceNotFoundError

CALLS = (
    "mkdir",
    "rmdir",
    "rename",
    "replace",
    "link",
    "symlink",
    "unlink",
    "write",
    "fsync",
    "ftruncate",
    "chmod",
    "utime",
)
# How many calls the last run made, told to the process that started it.
counted = mmap.mmap(-1, 8)
ODD = os.fsdecode(b"odd \xff\n name.mp4")


def make_clips(root: Path) -> None:
    for name, content in (("a/clip.mp4", b"a" * 5000), ("b/clip.mp4", b"b" * 3000), (ODD, b"odd")):
        path = root / "shoot" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        os.utime(path, ns=(10**18, 10**18 + len(content)))
    (root / "other").mkdir()
    (root / "other" / "film.mp4").write_bytes(b"other")
    (root / "shoot" / "link.mp4").symlink_to("../other/./film.mp4")
    (root / "shoot" / "pictures" / "day").mkdir(parents=True)
    (root / "shoot" / "pictures" / "day" / "1.jpg").write_bytes(b"one")


def items(root: Path, *, later: bool = False, folders: bool = True) -> list[SortItem]:
    shoot = root / "shoot"
    paths = [shoot / "a/clip.mp4", shoot / "b/clip.mp4", shoot / ODD, shoot / "link.mp4"]
    words = ["usable", "usable", "rejected/blur.blurred", "usable"]
    if folders:
        paths.append(shoot / "pictures")
        words.append("rejected/exposure.good")
    if later:
        words = ["rejected/blur.blurred", *words[1:3], "rejected/shake.shaky", *(["usable"] if folders else [])]
    return [SortItem(path, word) for path, word in zip(paths, words, strict=True)]


def state(folder: Path) -> dict[str, Any]:
    """All that is in a folder, folders without what is in them apart."""
    found: dict[str, Any] = {}
    for path in sorted(folder.rglob("*")):
        name = repr(str(path.relative_to(folder)))
        if path.is_symlink():
            found[name] = ["link", sort_files.link_text(path)]
        elif path.is_file():
            found[name] = ["file", path.read_bytes().decode(), path.stat().st_mtime_ns]
        else:
            found[name] = ["folder"]
    return found


def intercept(at: int, how: str) -> None:
    """Has something happen at a certain one of the calls that change anything."""
    count = 0

    def due(name: str, arguments: tuple[Any, ...]) -> bool:
        nonlocal count
        count += 1
        counted[:8] = count.to_bytes(8, "little")
        if how == "kill" and count == at:
            if name == "write":  # some of it was written
                real["write"](arguments[0], bytes(arguments[1])[: len(arguments[1]) // 2])
            os.kill(os.getpid(), signal.SIGKILL)
        return (how == "fail" and count == at) or (how == "fail on" and count >= at)

    real = {name: getattr(os, name) for name in CALLS}

    def wrapped(name: str) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            if due(name, arguments):
                if name == "write":
                    real["write"](arguments[0], bytes(arguments[1])[: len(arguments[1]) // 2])
                raise OSError(errno.ENOSPC, "No space left on device")
            return real[name](*arguments, **named)

        return call

    for name in CALLS:
        setattr(os, name, wrapped(name))
    rename = sort_files._system_rename()
    if rename is not None:

        def renamed(old: bytes, new: bytes) -> int:
            return errno.ENOSPC if due("rename", ()) else rename(old, new)

        sort_files._system_rename = lambda: renamed


def prepare(scenario: str) -> None:
    """Makes the system one that lacks something."""
    if "across" in scenario:
        rename = sort_files._system_rename()
        assert rename is not None

        def across(old: bytes, new: bytes) -> int:
            return errno.EXDEV if (b"/sorted/" in old) != (b"/sorted/" in new) else rename(old, new)

        sort_files._system_rename = lambda: across
    if "plain" in scenario:
        sort_files._system_rename = lambda: None
    if "fat" in scenario:
        sort_files._system_rename = lambda: None

        def link(*_: Any, **__: Any) -> None:
            raise PermissionError(errno.EPERM, "Operation not permitted")

        os.link = link


def apart(work: Callable[[], None], before: Callable[[], None] = lambda: None) -> int:
    """Does it in a process of its own; gives how that ended."""
    process = os.fork()
    if process == 0:
        try:
            before()
            work()
        except BaseException as error:
            print(repr(error), file=sys.stderr, flush=True)
            os._exit(3)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def problems(root: Path, scenario: str, then: str, original: dict[str, Any]) -> str:
    """What is wrong once the run that was broken off was followed by another."""
    prepare(scenario)
    by: Any = scenario.split()[-1]
    folders = "across" not in scenario
    if then == "sort":
        listed = items(root, later=True, folders=folders)
        result = sort_clips(listed, root / "sorted", by=by)
        if result.failed or len(result.placed) + len(result.kept) != len(listed):
            return f"sorting again: {result}"
        for item, at in itertools.zip_longest(
            listed, sorted([*result.placed, *result.kept], key=lambda x: order(x, listed))
        ):
            if at.place.parent != (root / "sorted" / item.folder).resolve() or not os.path.lexists(at.place):
                return f"in the wrong place: {at}"
    if (root / "sorted").exists():
        try:
            result = undo_sort(root / "sorted")
            if result.left:
                return f"undo left {result.left}"
        except SourceNotFoundError:
            pass
    if (root / "sorted").exists() and any((root / "sorted").iterdir()):
        return f"left in sorted: {list((root / 'sorted').rglob('*'))}"
    return "" if state(root / "shoot") == original else f"shoot is not what it was: {state(root / 'shoot')}"


def order(placed: Any, listed: list[SortItem]) -> int:
    return [item.path for item in listed].index(placed.path)


def broken_off(root: Path, scenario: str, how: str, at: int) -> str:
    """Breaks off one run; gives what went wrong in it already."""
    by: Any = scenario.split()[-1]
    listed = items(root, later="again" in scenario, folders="across" not in scenario)

    def before() -> None:
        prepare(scenario)
        if "again" in scenario or "undo" in scenario:
            sort_clips(items(root, folders="across" not in scenario), root / "sorted", by=by)
        intercept(at, how)

    def work() -> None:
        try:
            if "undo" in scenario:
                undo_sort(root / "sorted")
                return
            result = sort_clips(listed, root / "sorted", by=by)
        except OutputError:
            return  # nothing can be written at all
        told = [each.path for each in (*result.placed, *result.kept, *result.failed)]
        assert sorted(told) == sorted(item.path for item in listed), "not told of each clip"

    counted[:8] = bytes(8)
    code = apart(work, before)
    if int.from_bytes(counted[:8], "little") < at:
        return "no such call"
    if code == (-signal.SIGKILL if how == "kill" else 0):
        return ""
    return f"ended with {code}"


def main(root: Path, scenario: str, how: str) -> None:
    os.fsync = lambda _: None  # what a killed process wrote is there without; only the power must not fail
    found: list[str] = []
    broken = 0
    for at in itertools.count(1):
        for then in ("undo", "sort"):
            shutil.rmtree(root, ignore_errors=True)
            root.mkdir()
            make_clips(root)
            original = state(root / "shoot")
            said = broken_off(root, scenario, how, at)
            if said == "no such call":
                shutil.rmtree(root)
                print(json.dumps({"broken": broken, "found": found}))
                return
            broken += 1
            said = said or problems_apart(root, scenario, then, original)
            if said:
                found.append(f"call {at}, then {then}: {said}")


def problems_apart(root: Path, scenario: str, then: str, original: dict[str, Any]) -> str:
    reading, writing = os.pipe()

    def judge() -> None:
        os.write(writing, problems(root, scenario, then, original).encode("utf-8", "backslashreplace")[:4000])

    code = apart(judge)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        return pipe.read().decode() or (f"ended with {code}" if code else "")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
