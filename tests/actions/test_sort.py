from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelsift.actions import sort_files
from reelsift.actions.sort import SortItem, check_sort, doubled, folder_name, sort_clips, undo_sort
from reelsift.actions.sort_journal import JOURNAL, open_journal
from reelsift.errors import OutputError, SourceNotFoundError, SpecError

By = Literal["link", "copy", "move"]
WAYS: tuple[By, ...] = ("link", "copy", "move")


def film(path: Path, content: bytes = b"film") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.name != JOURNAL)


@pytest.mark.parametrize("by", WAYS)
def test_clips_are_sorted_and_put_back(tmp_path: Path, by: By) -> None:
    clips = [film(tmp_path / "shoot" / f"{number}.mp4", b"%d" % number) for number in range(3)]
    folders = ["usable", "rejected/blur.blurred", "usable"]
    result = sort_clips([SortItem(*pair) for pair in zip(clips, folders, strict=True)], tmp_path / "sorted", by=by)
    places = [tmp_path / "sorted" / folder / clip.name for clip, folder in zip(clips, folders, strict=True)]
    assert [each.place for each in result.placed] == places and not result.kept and not result.failed
    assert [place.read_bytes() for place in places] == [b"0", b"1", b"2"]
    assert [place.is_symlink() for place in places] == [by == "link"] * 3
    assert [clip.exists() for clip in clips] == [by != "move"] * 3
    if by == "link":
        assert sort_files.link_text(places[0]) == str(clips[0])
    if by == "copy":
        assert places[0].stat().st_mtime_ns == clips[0].stat().st_mtime_ns

    undone = undo_sort(tmp_path / "sorted")
    assert {(each.path, each.place) for each in undone.restored} == set(zip(places, clips, strict=True))
    assert not undone.left and not (tmp_path / "sorted").exists()
    assert [clip.read_bytes() for clip in clips] == [b"0", b"1", b"2"]
    with pytest.raises(SourceNotFoundError, match="no such folder"):
        undo_sort(tmp_path / "sorted")


@pytest.mark.parametrize("by", WAYS)
def test_same_names_get_numbers_and_nothing_is_replaced(tmp_path: Path, by: By) -> None:
    mine = film(tmp_path / "sorted/usable/clip.mp4", b"mine")
    clips = [film(tmp_path / name / "clip.mp4", name.encode()) for name in "ab"]
    sort_clips([SortItem(clip, "usable") for clip in clips], tmp_path / "sorted", by=by)
    assert names(tmp_path / "sorted/usable") == ["clip-2.mp4", "clip-3.mp4", "clip.mp4"]
    assert mine.read_bytes() == b"mine" and (tmp_path / "sorted/usable/clip-3.mp4").read_bytes() == b"b"
    assert not undo_sort(tmp_path / "sorted").left
    assert names(tmp_path / "sorted") == ["usable", "usable/clip.mp4"]
    assert [clip.read_bytes() for clip in clips] == [b"a", b"b"]


@pytest.mark.parametrize("by", WAYS)
@pytest.mark.parametrize(
    "name",
    [os.fsdecode(b"\xff\xfe \n'\".mp4"), "影" * 83 + ".mp4", "no ending", ".hidden", "a" * 255, "-rf.mp4", "ü.MP4"],
)
def test_any_name_that_a_file_can_have(tmp_path: Path, by: By, name: str) -> None:
    clips = [film(tmp_path / folder / name, folder.encode()) for folder in "ab"]
    result = sort_clips([SortItem(clip, "usable") for clip in clips], tmp_path / "sorted", by=by)
    assert not result.failed
    assert [each.place.read_bytes() for each in result.placed] == [b"a", b"b"]
    assert not undo_sort(tmp_path / "sorted").left
    assert [clip.read_bytes() for clip in clips] == [b"a", b"b"]


@pytest.mark.parametrize("by", WAYS)
def test_sorting_again_goes_on(tmp_path: Path, by: By) -> None:
    first, second, third = (film(tmp_path / "shoot" / f"{number}.mp4", b"%d" % number) for number in range(3))
    into = tmp_path / "sorted"
    sort_clips([SortItem(first, "usable"), SortItem(second, "usable")], into, by=by)
    again = [SortItem(first, "usable"), SortItem(second, "rejected/shake.shaky"), SortItem(third, "usable")]
    result = sort_clips(again, into, by=by)
    assert [each.path for each in result.kept] == [first]
    assert [each.place for each in result.placed] == [into / "rejected/shake.shaky/1.mp4", into / "usable/2.mp4"]
    # By where they are now, and all to one place: the folders that are empty go.
    places = [SortItem(each.place, "rejected/shake.shaky") for each in (*result.kept, *result.placed)]
    assert not sort_clips(places, into, by=by).failed
    assert names(into) == ["rejected", "rejected/shake.shaky", *(f"rejected/shake.shaky/{n}.mp4" for n in range(3))]
    assert not undo_sort(into).left and not into.exists()
    assert [clip.read_bytes() for clip in (first, second, third)] == [b"0", b"1", b"2"]


def test_a_list_that_names_a_clip_twice(tmp_path: Path) -> None:
    clip = film(tmp_path / "shoot/a.mp4")
    (tmp_path / "way").symlink_to("shoot")
    items = [SortItem(clip, "usable"), SortItem(tmp_path / "way/a.mp4", "usable"), SortItem(clip, "rejected/x")]
    result = sort_clips(items, tmp_path / "sorted", by="move")
    assert len(result.placed) == len(result.kept) == 1
    assert "twice, for usable and for rejected/x" in result.failed[0].reason
    assert names(tmp_path / "sorted") == ["usable", "usable/a.mp4"]


def test_a_copy_of_what_was_changed_since_is_a_new_one(tmp_path: Path) -> None:
    clip = film(tmp_path / "shoot/a.mp4", b"old")
    sort_clips([SortItem(clip, "usable")], tmp_path / "sorted", by="copy")
    clip.write_bytes(b"newer")
    sort_clips([SortItem(clip, "usable")], tmp_path / "sorted", by="copy")
    assert (tmp_path / "sorted/usable/a.mp4").read_bytes() == b"old"
    assert (tmp_path / "sorted/usable/a-2.mp4").read_bytes() == b"newer"
    undone = undo_sort(tmp_path / "sorted")
    # What was copied first is nowhere else.
    assert [each.path.name for each in undone.left] == ["a.mp4"] and len(undone.restored) == 1
    assert names(tmp_path / "sorted") == ["usable", "usable/a.mp4"]


def test_a_source_that_is_a_link(tmp_path: Path) -> None:
    target = film(tmp_path / "disk/film.mp4", b"far")
    link = tmp_path / "shoot/film.mp4"
    link.parent.mkdir()
    link.symlink_to("../disk/./film.mp4")
    for by in WAYS:
        place = sort_clips([SortItem(link, "usable")], tmp_path / "sorted", by=by).placed[0].place
        assert place.read_bytes() == b"far" and target.exists()
        assert place.is_symlink() == (by != "copy") and os.path.lexists(link) == (by != "move")
        assert by != "link" or sort_files.link_text(place) == str(link)
        assert not undo_sort(tmp_path / "sorted").left
        assert sort_files.link_text(link) == "../disk/./film.mp4" and not (tmp_path / "sorted").exists()


@pytest.mark.parametrize("by", WAYS)
def test_a_folder_of_pictures_is_a_clip(tmp_path: Path, by: By) -> None:
    film(tmp_path / "shoot/walk/1.jpg", b"one")
    film(tmp_path / "shoot/walk/more/2.jpg", b"two")
    sort_clips([SortItem(tmp_path / "shoot/walk", "usable")], tmp_path / "sorted", by=by)
    assert (tmp_path / "sorted/usable/walk/more/2.jpg").read_bytes() == b"two"
    assert not undo_sort(tmp_path / "sorted").left
    assert names(tmp_path / "shoot") == ["walk", "walk/1.jpg", "walk/more", "walk/more/2.jpg"]


@pytest.mark.parametrize("by", WAYS)
def test_the_folder_may_lie_among_the_clips_but_not_in_one(tmp_path: Path, by: By) -> None:
    clip = film(tmp_path / "shoot/a.mp4")
    into = tmp_path / "shoot/sorted"
    result = sort_clips([SortItem(tmp_path / "shoot", "usable"), SortItem(clip, "usable")], into, by=by)
    assert "lies in it" in result.failed[0].reason and len(result.placed) == 1
    undo_sort(into)
    assert names(tmp_path / "shoot") == ["a.mp4"]


@pytest.mark.parametrize("by", WAYS)
def test_what_is_where_it_belongs_stays(tmp_path: Path, by: By) -> None:
    clip = film(tmp_path / "sorted/usable/a.mp4")
    result = sort_clips([SortItem(clip, "usable")], tmp_path / "sorted", by=by)
    assert [each.place for each in result.kept] == [clip]
    assert names(tmp_path / "sorted") == ["usable", "usable/a.mp4"]
    with pytest.raises(SourceNotFoundError):
        undo_sort(tmp_path / "sorted")


def test_what_the_user_changed_is_left_alone(tmp_path: Path) -> None:
    kinds = ("edited", "occupied", "deleted", "taken", "fine")
    clips = {kind: film(tmp_path / "shoot" / f"{kind}.mp4", kind.encode()) for kind in kinds}
    into = tmp_path / "sorted"
    sort_clips([SortItem(clip, "usable") for clip in clips.values()], into, by="move")
    film(into / "usable/edited.mp4", b"longer than before")
    film(clips["occupied"], b"another")
    (into / "usable/deleted.mp4").unlink()
    (into / "usable/taken.mp4").rename(into / "kept by me.mp4")
    undone = undo_sort(into)
    assert [each.place for each in undone.restored] == [clips["fine"]]
    reasons = {each.path.stem: each.reason for each in undone.left}
    assert "was changed" in reasons["edited"] and "something else" in reasons["occupied"]
    assert "not there any more" in reasons["deleted"] and "not there any more" in reasons["taken"]
    assert names(into) == ["kept by me.mp4", "usable", "usable/edited.mp4", "usable/occupied.mp4"]
    assert clips["occupied"].read_bytes() == b"another"
    # Once the place is free again, undoing goes on.
    clips["occupied"].unlink()
    assert [each.path.stem for each in undo_sort(into).left] == ["edited"]
    assert clips["occupied"].read_bytes() == b"occupied"


def test_copies_and_links_that_are_no_more_what_they_were(tmp_path: Path) -> None:
    clips = {
        kind: film(tmp_path / "shoot" / f"{kind}.mp4", kind.encode()) for kind in ("edited", "lost", "fine", "gone")
    }
    items = [SortItem(clip, "usable") for clip in clips.values()]
    sort_clips(items, tmp_path / "copies", by="copy")
    sort_clips(items, tmp_path / "links", by="link")
    film(tmp_path / "copies/usable/edited.mp4", b"edited by me")
    # It goes on being the user's where it is sorted anew.
    sort_clips([SortItem(tmp_path / "copies/usable/edited.mp4", "rejected/x")], tmp_path / "copies", by="copy")
    clips["lost"].unlink()
    (tmp_path / "copies/usable/gone.mp4").unlink()
    (tmp_path / "links/usable/edited.mp4").unlink()
    film(tmp_path / "links/usable/edited.mp4", b"mine")
    assert sorted(each.path.stem for each in undo_sort(tmp_path / "copies").left) == ["edited", "lost"]
    assert [each.path.stem for each in undo_sort(tmp_path / "links").left] == ["edited"]
    left = {"rejected", "rejected/x", "rejected/x/edited.mp4", "usable", "usable/lost.mp4"}
    assert set(names(tmp_path / "copies")) == left
    assert names(tmp_path / "links") == ["usable", "usable/edited.mp4"]


@pytest.mark.parametrize("by", WAYS)
def test_links_and_copies_among_their_sources_are_told(tmp_path: Path, by: By, monkeypatch: pytest.MonkeyPatch) -> None:
    clips = [film(tmp_path / "shoot" / name) for name in ("a.mp4", "b.mp4")]
    into = tmp_path / "shoot/sorted"
    sort_clips([SortItem(clip, "usable") for clip in clips], into, by=by)
    mine = film(into / "usable/c.mp4")
    monkeypatch.chdir(tmp_path)
    places = [Path("shoot/sorted/usable/a.mp4"), into / "usable/b.mp4", mine]
    assert doubled([*places, clips[0]]) == ({places[0]} if by != "move" else set())
    assert doubled([*places, *clips]) == (set(places[:2]) if by != "move" else set())
    assert doubled(places) == doubled([]) == set()


def test_a_sorted_folder_can_be_moved(tmp_path: Path) -> None:
    clip = film(tmp_path / "shoot/a.mp4")
    sort_clips([SortItem(clip, "usable")], tmp_path / "sorted", by="move")
    (tmp_path / "sorted").rename(tmp_path / "elsewhere")
    assert not sort_clips(
        [SortItem(tmp_path / "elsewhere/usable/a.mp4", "bad")], tmp_path / "elsewhere", by="move"
    ).failed
    assert not undo_sort(tmp_path / "elsewhere").left and clip.read_bytes() == b"film"


def test_the_folder_a_clip_came_from_is_made_again(tmp_path: Path) -> None:
    clip = film(tmp_path / "shoot/day/a.mp4")
    sort_clips([SortItem(clip, "usable")], tmp_path / "sorted", by="move")
    (tmp_path / "shoot/day").rmdir()
    (tmp_path / "shoot").rmdir()
    assert not undo_sort(tmp_path / "sorted").left and clip.read_bytes() == b"film"


def test_two_at_once_are_refused(tmp_path: Path) -> None:
    clip = film(tmp_path / "a.mp4")
    sort_clips([SortItem(clip, "usable")], tmp_path / "sorted", by="link")
    with open_journal(tmp_path / "sorted", make=True):
        for work in (
            lambda: sort_clips([SortItem(clip, "bad")], tmp_path / "sorted", by="link"),
            lambda: undo_sort(tmp_path / "sorted"),
        ):
            with pytest.raises(OutputError, match="another run sorts into this folder"):
                work()
    assert names(tmp_path / "sorted") == ["usable", "usable/a.mp4"]


def test_what_cannot_be_sorted_into_is_refused_before_anything(tmp_path: Path) -> None:
    clip = film(tmp_path / "a.mp4")
    with pytest.raises(OutputError, match="give the name of a folder"):
        check_sort(clip, by="link")
    with pytest.raises(OutputError, match="make it first"):
        sort_clips([SortItem(clip, "usable")], tmp_path / "no/where", by="link")
    check_sort(tmp_path / "sorted", by="link")
    assert names(tmp_path) == ["a.mp4"]
    sort_clips([SortItem(clip, "usable")], tmp_path / "sorted", by="link")
    with pytest.raises(OutputError, match="was sorted by link before"):
        check_sort(tmp_path / "sorted", by="move")
    with pytest.raises(OutputError, match="was sorted by link before"):
        sort_clips([SortItem(clip, "usable")], tmp_path / "sorted", by="copy")
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceNotFoundError, match="nothing was sorted"):
        undo_sort(tmp_path / "empty")
    assert names(tmp_path / "empty") == []


@pytest.mark.parametrize("folder", ["", "/usable", "../usable", "usable/..", "a//b", "./a", "a\0b"])
def test_folders_lie_within(folder: str) -> None:
    with pytest.raises(SpecError, match="not a folder to sort into"):
        SortItem(Path("a.mp4"), folder)


@given(st.text())
def test_every_text_gives_a_folder(text: str) -> None:
    name = folder_name(text)
    assert SortItem(Path("a"), name).folder == name and len(os.fsencode(name)) <= 200
    assert "/" not in name and not name.startswith(".") and folder_name(name) == name


def test_folder_names_stay_readable() -> None:
    assert folder_name("blur.blurred") == "blur.blurred" and folder_name("character.Tom Cat") == "character.Tom Cat"
    assert folder_name("who.Tom/Jerry") == "who.Tom_Jerry" and folder_name("..") == "_"


def test_each_clip_has_its_own_reason(tmp_path: Path) -> None:
    good = film(tmp_path / "a.mp4")
    film(tmp_path / "sorted/blocked", b"a file")
    (tmp_path / "lost.mp4").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe.mp4")
    items = [
        SortItem(tmp_path / "gone.mp4", "usable"),
        SortItem(tmp_path / "lost.mp4", "usable"),
        SortItem(tmp_path / "pipe.mp4", "usable"),
        SortItem(film(tmp_path / "b.mp4"), "blocked"),
        SortItem(good, "usable"),
    ]
    result = sort_clips(items, tmp_path / "sorted", by="copy")
    assert [each.path.name for each in result.placed] == ["a.mp4"]
    said = ["not there any more", "link to something that is not there", "neither a file nor a folder", "blocked"]
    assert all(text in each.reason for text, each in zip(said, result.failed, strict=True)), result.failed
    assert "\n" not in "".join(each.reason for each in result.failed)


def test_a_folder_that_nothing_can_be_taken_out_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clips = [film(tmp_path / "locked/a.mp4"), film(tmp_path / "open/b.mp4")]
    rename = sort_files._system_rename()
    assert rename is not None

    def locked(*paths: bytes) -> bool:
        return any(b"/locked/" in os.fsencode(path) for path in paths)

    def refuse(path: Any, *more: Any, **named: Any) -> None:
        if locked(path, *more):
            raise PermissionError(errno.EACCES, "Permission denied")
        real(path, *more, **named)

    real = os.rename
    monkeypatch.setattr(os, "rename", refuse)
    monkeypatch.setattr(os, "link", lambda *_, **__: refuse(b"/locked/"))
    monkeypatch.setattr(
        sort_files, "_system_rename", lambda: lambda *paths: errno.EACCES if locked(*paths) else rename(*paths)
    )
    result = sort_clips([SortItem(clip, "usable") for clip in clips], tmp_path / "sorted", by="move")
    assert [each.path for each in result.placed] == [clips[1]]
    assert "no permission" in result.failed[0].reason and clips[0].exists()
    assert names(tmp_path / "sorted") == ["usable", "usable/b.mp4"]


def test_across_disks_what_was_written_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clip = film(tmp_path / "a.mp4", b"x" * 100)
    monkeypatch.setattr(sort_files, "_system_rename", lambda: lambda old, new: errno.EXDEV if b"/." not in old else 0)
    monkeypatch.setattr(sort_files, "_digest", lambda path: b"something else")
    result = sort_clips([SortItem(clip, "usable")], tmp_path / "sorted", by="move")
    assert "not what was read" in result.failed[0].reason
    assert clip.read_bytes() == b"x" * 100 and names(tmp_path) == ["a.mp4"]


@pytest.mark.skipif(
    not Path("/dev/shm").is_dir() or Path("/dev/shm").stat().st_dev == Path("/tmp").stat().st_dev,
    reason="there is one disk",
)
def test_a_real_other_disk(tmp_path: Path) -> None:
    clip = film(tmp_path / "a.mp4", b"x" * 5_000_000)
    os.utime(clip, ns=(10**18, 10**18 + 7))
    into = Path("/dev/shm") / f"reelsift-{os.getpid()}-sorted"
    place = sort_clips([SortItem(clip, "usable")], into, by="move").placed[0].place
    assert place.read_bytes() == b"x" * 5_000_000 and not clip.exists()
    assert not undo_sort(into).left and not into.exists()
    assert clip.read_bytes() == b"x" * 5_000_000 and clip.stat().st_mtime_ns == 10**18 + 7


def test_a_journal_that_was_changed_or_cut_short(tmp_path: Path) -> None:
    clips = [film(tmp_path / name) for name in ("a.mp4", "b.mp4")]
    sort_clips([SortItem(clip, "usable") for clip in clips], tmp_path / "sorted", by="move")
    journal = tmp_path / "sorted" / JOURNAL
    whole = journal.read_bytes()
    journal.write_bytes(whole + b'{"step": 9, "ki')
    again = [SortItem(clips[0], "bad"), SortItem(clips[1], "usable")]
    assert len(sort_clips(again, tmp_path / "sorted", by="move").placed) == 1
    assert journal.read_bytes().startswith(whole) and undo_sort(tmp_path / "sorted").left == ()
    sort_clips([SortItem(clip, "usable") for clip in clips], tmp_path / "sorted", by="move")
    journal.write_bytes(whole.replace(b'"done"', b'"gnome"', 1))
    with pytest.raises(OutputError, match="line 4 cannot be read"):
        undo_sort(tmp_path / "sorted")
    journal.write_bytes(whole.replace(b'"reelsift_sort": 1', b'"reelsift_sort": 2'))
    with pytest.raises(OutputError, match="line 1 cannot be read"):
        sort_clips([], tmp_path / "sorted", by="move")
    assert names(tmp_path / "sorted") == ["usable", "usable/a.mp4", "usable/b.mp4"]
