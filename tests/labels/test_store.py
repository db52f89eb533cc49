from __future__ import annotations

import multiprocessing
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reelsift.errors import LabelError, OutputError
from reelsift.labels import ExportedFrame, Label, LabelStore, LabelTask, SourceRecord, TaskKind

FILM = SourceRecord("f1", "film", "film.mp4")
PICTURES = SourceRecord("d1", "folder", "pictures", fps=Fraction(30000, 1001))


def frame(index: int, class_name: str, *, group: str = "", source: str = "f1", where: str = "") -> Label:
    start = index / 25
    return Label(source, "t", class_name, start, start + 1 / 25, frame_index=index, group=group, where=where)


def add(store: LabelStore, labels: Iterable[Label], *, kind: TaskKind = "single", what: str = "import x") -> int:
    return store.add(labels, task="t", kind=kind, sources=[FILM, PICTURES], what=what)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LabelStore]:
    with LabelStore(tmp_path / "made" / "labels.sqlite") as opened:
        yield opened


def test_labels_and_sources_come_back_as_they_went_in(tmp_path: Path) -> None:
    labels = (
        frame(3, "OK", group="g", where="labels.csv line 2"),
        Label("f1", "t", "KO", start_seconds=-0.04, end_seconds=1 / 3, where="labels.csv line 3"),
        Label("d1", "t", "OK"),
    )
    path = tmp_path / "labels.sqlite"
    with LabelStore(path) as store:
        assert add(store, labels) == 3
    with LabelStore(path) as store:
        assert store.labels("t") == labels
        assert store.sources() == {"f1": FILM, "d1": PICTURES}
        assert store.tasks() == (LabelTask("t", "single", {"KO": 1, "OK": 2}),)


def test_what_is_there_already_adds_nothing(store: LabelStore) -> None:
    labels = [frame(1, "OK", group="g"), frame(2, "KO")]
    assert add(store, labels) == 2
    assert add(store, [frame(1, "OK"), *labels[1:]]) == 0
    assert len(store.history("t")) == 1
    assert store.labels("t")[0].group == "g"


def test_a_class_is_changed_by_adding_the_label_again(store: LabelStore) -> None:
    add(store, [frame(1, "OK", group="g"), frame(2, "OK")])
    assert add(store, [frame(1, "KO"), frame(3, "OK")], what="import again/") == 2
    assert {(x.frame_index, x.class_name, x.group) for x in store.labels("t")} == {
        (1, "KO", "g"),
        (2, "OK", ""),
        (3, "OK", ""),
    }
    assert store.undo("t") == "import again/ (1 label added, 1 changed)"
    assert store.labels("t") == (frame(1, "OK", group="g"), frame(2, "OK"))


def test_a_multi_task_holds_several_classes_of_one_frame(store: LabelStore) -> None:
    assert add(store, [frame(1, "rain")], kind="multi") == 1
    assert add(store, [frame(1, "night"), frame(1, "rain")], kind="multi") == 1
    assert store.tasks() == (LabelTask("t", "multi", {"night": 1, "rain": 1}),)


def test_undo_goes_back_step_by_step_and_stops_at_the_beginning(store: LabelStore) -> None:
    add(store, [frame(1, "OK")], what="import first/")
    assert store.clear("t") == 1
    assert store.labels("t") == () and store.clear("t") == 0
    add(store, [frame(1, "KO")], what="import second/")
    assert store.undo("t") == "import second/ (1 label added)"
    assert store.undo("t") == "clear (1 label removed)"
    assert store.labels("t") == (frame(1, "OK"),)
    assert store.undo("t") == "import first/ (1 label added)"
    assert store.labels("t") == ()
    with pytest.raises(LabelError, match="nothing left to undo"):
        store.undo("t")
    assert [(x.what, x.undone) for x in store.history("t")] == [
        ("import first/", True),
        ("clear", True),
        ("import second/", True),
    ]


STEPS = st.lists(
    st.one_of(
        st.lists(st.tuples(st.integers(0, 3), st.sampled_from("abc")), max_size=4, unique_by=lambda step: step[0]),
        st.sampled_from(["clear", "undo"]),
    ),
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_undo_always_brings_back_what_was_there(steps: list[list[tuple[int, str]] | str]) -> None:
    """The store against a dictionary and a stack of its copies."""
    now = {9: "z"}
    before: list[dict[int, str]] = [{}]
    with tempfile.TemporaryDirectory() as folder, LabelStore(Path(folder) / "labels.sqlite") as store:
        add(store, [frame(9, "z")])
        for step in steps:
            if isinstance(step, list):
                add(store, [frame(index, name) for index, name in step])
                after = now | dict(step)
            elif step == "clear":
                store.clear("t")
                after = {}
            elif before:
                store.undo("t")
                now = after = before.pop()
            if after != now:
                before.append(now)
                now = after
            assert {x.frame_index: x.class_name for x in store.labels("t")} == now


def test_a_failed_import_leaves_nothing_behind(store: LabelStore) -> None:
    with pytest.raises(LabelError, match="source f9 of this label is not known"):
        add(store, [frame(1, "OK"), frame(2, "OK", source="f9")])
    with pytest.raises(LabelError, match="b says 'KO' where a says 'OK'"):
        add(store, [frame(1, "OK", where="a"), frame(1, "KO", where="b")])
    with pytest.raises(LabelError, match="of task 't' cannot be added to task 'other'"):
        store.add([frame(1, "OK")], task="other", kind="single", sources=[FILM], what="x")

    def interrupted() -> Iterator[SourceRecord]:
        yield FILM
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.add([frame(1, "OK")], task="t", kind="single", sources=interrupted(), what="x")
    assert store.tasks() == () and store.sources() == {}


def test_a_task_is_of_one_kind_while_it_has_labels(store: LabelStore) -> None:
    add(store, [frame(1, "OK")])
    store.clear("t")
    with pytest.raises(LabelError, match="another name"):
        add(store, [frame(1, "OK")], kind="multi")
    store.undo("t")
    store.undo("t")
    assert add(store, [frame(1, "OK")], kind="multi") == 1


def test_an_unknown_task_is_answered_with_those_there_are(store: LabelStore) -> None:
    with pytest.raises(LabelError, match="no task has labels yet"):
        store.labels("u")
    add(store, [frame(1, "OK")])
    for ask in (store.labels, store.undo, store.clear, store.history, store.label_digest):
        with pytest.raises(LabelError, match="the tasks with labels are 't'"):
            ask("u")


def test_the_digest_tells_what_is_said_and_nothing_else(tmp_path: Path) -> None:
    def digest(name: str, *labels: Label) -> str:
        with LabelStore(tmp_path / name) as store:
            add(store, labels)
            return store.label_digest("t")

    one = digest("1", frame(1, "OK", where="a"), frame(2, "KO"), Label("d1", "t", "OK"))
    assert digest("2", Label("d1", "t", "OK"), frame(2, "KO"), frame(1, "OK", where="b")) == one
    different = {
        digest("3", frame(1, "OK"), frame(2, "KO")),
        digest("4", frame(1, "KO"), frame(2, "KO"), Label("d1", "t", "OK")),
        digest("5", frame(1, "OK", group="g"), frame(2, "KO"), Label("d1", "t", "OK")),
        digest("6", frame(3, "OK"), frame(2, "KO"), Label("d1", "t", "OK")),
    }
    assert len(different) == 4 and one not in different


def test_a_source_that_moved_is_where_it_was_last_seen(store: LabelStore) -> None:
    add(store, [frame(1, "OK")])
    store.remember_source(SourceRecord("f1", "film", "elsewhere/film.mp4"))
    assert store.sources()["f1"].path == "elsewhere/film.mp4"
    assert store.labels("t") == (frame(1, "OK"),)


def exported(name: str, digest: str, index: int, *, source: str = "f1") -> ExportedFrame:
    return ExportedFrame(name, digest, index, index / 25, (index + 1) / 25, source_id=source)


def test_exported_frames_are_told_by_content_then_by_name(store: LabelStore) -> None:
    frames = [exported("1.jpg", "still", 1), exported("2.jpg", "still", 2), exported("3.jpg", "other", 3)]
    store.remember_frames(FILM, frames)
    assert store.find_frame("renamed.jpg", digest="other") == frames[2]
    assert store.find_frame("2.jpg", digest="still") == frames[1]
    assert store.find_frame("renamed.jpg", digest="still") == frames[0]
    assert store.find_frame("3.jpg", digest="edited since") == frames[2]
    assert store.find_frame("4.jpg", digest="never seen") is None


def test_a_name_that_two_films_used_tells_nothing(store: LabelStore) -> None:
    other = SourceRecord("f2", "film", "other.mp4")
    store.remember_frames(FILM, [exported("1.jpg", "x", 1)])
    store.remember_frames(FILM, [exported("1.jpg", "x again, cropped", 1)])
    assert store.find_frame("1.jpg", digest="edited") is not None
    store.remember_frames(other, [exported("1.jpg", "y", 1)])
    assert store.find_frame("1.jpg", digest="edited") is None
    assert store.find_frame("1.jpg", digest="y") == exported("1.jpg", "y", 1, source="f2")


def test_numbers_of_numpy_and_names_that_are_not_utf8_are_kept(store: LabelStore) -> None:
    label = Label("f1", "t", "OK", np.float64(0.5), np.float64(1.0), np.int64(3), where="caf\udce9.jpg")  # type: ignore[arg-type]
    assert add(store, [label]) == 1 and add(store, [label]) == 0
    assert store.labels("t")[0].frame_index == 3
    store.remember_frames(FILM, [ExportedFrame("caf\udce9.jpg", "x", np.int64(3), 0.5, 1.0)])  # type: ignore[arg-type]
    assert store.find_frame("caf\udce9.jpg", digest="edited") is not None


def test_files_that_are_no_store_are_refused_and_left_alone(tmp_path: Path) -> None:
    text = tmp_path / "text.sqlite"
    text.write_text("file,label\n" * 100)
    with pytest.raises(LabelError, match="damaged or is no store"), LabelStore(text):
        pass
    assert text.read_text() == "file,label\n" * 100
    foreign = tmp_path / "foreign.sqlite"
    with sqlite3.connect(foreign) as connection:
        connection.execute("CREATE TABLE bookmarks (url)")
    with pytest.raises(LabelError, match="no store of labels"), LabelStore(foreign):
        pass


def test_a_store_of_a_newer_reelsift_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "labels.sqlite"
    with LabelStore(path) as store:
        add(store, [frame(1, "OK")])
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(LabelError, match=r"newer reelsift \(schema 99"), LabelStore(path):
        pass


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot make the folder"), LabelStore(tmp_path / "file" / "labels.sqlite"):
        pass


def test_a_disk_that_is_full_loses_nothing(tmp_path: Path) -> None:
    with LabelStore(tmp_path / "labels.sqlite") as store:
        add(store, [frame(1, "OK")])
        assert store._open is not None
        (pages,) = store._open.execute("PRAGMA page_count").fetchone()
        store._open.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(OutputError, match="full"):
            add(store, [frame(index, "KO") for index in range(2, 5000)])
        assert store.labels("t") == (frame(1, "OK"),)


def test_a_store_is_open_in_a_with_statement_only(tmp_path: Path) -> None:
    store = LabelStore(tmp_path / "labels.sqlite")
    with store:
        assert store.tasks() == ()
    with pytest.raises(LabelError, match="not open"):
        store.tasks()


def _add_from_another_process(path: Path, indexes: range) -> None:
    for index in indexes:
        with LabelStore(path) as store:
            add(store, [frame(index, "OK")])


def test_processes_take_turns(tmp_path: Path) -> None:
    path = tmp_path / "labels.sqlite"
    context = multiprocessing.get_context("spawn")
    others = [context.Process(target=_add_from_another_process, args=(path, range(n, 40, 2))) for n in range(2)]
    for other in others:
        other.start()
    for other in others:
        other.join()
    assert [other.exitcode for other in others] == [0, 0]
    with LabelStore(path) as store:
        assert {x.frame_index for x in store.labels("t")} == set(range(40))
        assert len(store.history("t")) == 40
        assert store._open is not None
        assert store._open.execute("PRAGMA journal_mode").fetchone() == ("wal",)
