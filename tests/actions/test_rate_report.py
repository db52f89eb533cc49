"""The report of a rating: one file that says what was rated, whatever files are called."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any, overload

import cv2
import numpy as np
import pytest

from reelsift.actions import rate_report, report_pictures
from reelsift.actions.rate import ClipRating, TaskBand
from reelsift.actions.rate_report import ReportClip, ReportPicture, write_report
from reelsift.actions.report_data import clip_values, identities, task_values, wrong_classes
from reelsift.actions.report_pictures import CLIPS_AT_ONCE, fitted_pictures
from reelsift.actions.stretches import Stretch
from reelsift.errors import OutputExistsError
from reelsift.timeline import Segment

HOSTILE = (
    "</script><script>alert(1)</script>.mp4",
    "</noscript></table><img src=x onerror=alert(1)>.mov",
    "\"quotes' & <b>ampersands</b> &amp;.mp4",
    "<!--<script>.mkv",
    "שלום \u202egpj.exe.mp4",
    "🎬 take ①.mov",
    "line\nbreak\u2028.mp4",
    "not UTF-8 \udcff.mp4",
    "x" * 250 + ".mp4",
)
EXPOSURE = TaskBand(
    "exposure", {"good": 0.909, "under": 0.0455, "over": 0.0455},
    (Segment(10.0, 15.0, "good"), Segment(15.0, 16.0, "under"), Segment(16.0, 20.0, "good")),
)  # fmt: skip


def jpeg(*, width: int = 192, height: int = 108, seed: int = 0) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 255, (height, width, 3), dtype=np.uint8)
    return cv2.imencode(".jpg", cv2.blur(pixels, (5, 5)), [cv2.IMWRITE_JPEG_QUALITY, 80])[1].tobytes()


def rating(source: str = "shoot/a.mp4", **changes: Any) -> ClipRating:
    made = ClipRating(
        source=source, path=Path("/media") / source, source_id="0123456789abcdef0123", start_seconds=10.0,
        duration_seconds=10.0, frames=250, looked_at=40, width=1920, height=1080, fps=25.0, has_sound=True,
        bands=(EXPOSURE,),
    )  # fmt: skip
    return replace(made, **changes)


def clip(source: str = "shoot/a.mp4", *, pictures: int = 4, **changes: Any) -> ReportClip:
    strip = tuple(ReportPicture(10.0 + place, jpeg(seed=place)) for place in range(pictures))
    worst, best = (ReportPicture(15.5, jpeg(seed=91)), ReportPicture(18.0, jpeg(seed=92))) if pictures else (None, None)
    return ReportClip(rating(source, **changes), strip, worst, best)


class Page(HTMLParser):
    """What a browser would make of the file: its elements, and the text of each script and style."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.raw: list[tuple[str, dict[str, str | None], str]] = []
        self.text = path.read_text(encoding="utf-8")
        self.feed(self.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag in ("script", "style"):
            self.raw.append((tag, dict(attrs), ""))

    def handle_data(self, data: str) -> None:
        if self.raw and self.lasttag == self.raw[-1][0]:
            tag, attributes, before = self.raw[-1]
            self.raw[-1] = (tag, attributes, before + data)

    def handle_endtag(self, tag: str) -> None:
        self.lasttag = ""

    def json(self, name: str) -> Any:
        (found,) = [text for _, attributes, text in self.raw if attributes.get("id") == name]
        return json.loads(found)

    @property
    def policy(self) -> str:
        (found,) = [a["content"] for _, a in self.elements if a.get("http-equiv") == "Content-Security-Policy"]
        return found or ""


def written(path: Path, clips: Sequence[ReportClip], *, title: str = "shoot", reject: str = "duplicate") -> Page:
    write_report(path, clips, reject=reject, overwrite=False, title=title)
    return Page(path)


def test_the_page_says_what_was_rated(tmp_path: Path) -> None:
    reasons = ("exposure.good < 0.95 (it is 0.91)", "duplicate of shoot/b.mp4")
    bad = clip(
        rejected=True, reasons=reasons, folders=("exposure.good", "duplicate"), duplicate_of="shoot/b.mp4",
        stretches=(Stretch("black", 12.0, 13.5),), damage="frames after 0:08 could not be decoded",
    )  # fmt: skip
    page = written(tmp_path / "r.html", [clip("shoot/b.mp4"), bad], title="Day 1", reject="exposure.good < 0.95")
    data = page.json("data")
    assert (data["title"], data["reject"]) == ("Day 1", "exposure.good < 0.95")
    good, told = data["clips"]
    assert (good["rejected"], good["name"], good["folder"]) == (False, "b.mp4", "shoot")
    assert told["reasons"] == list(reasons)
    assert told["folders"] == ["exposure.good", "duplicate"]
    assert told["path"] == "/media/shoot/a.mp4"
    assert told["duplicate_of"] == "shoot/b.mp4"
    assert told["damage"] == "frames after 0:08 could not be decoded"
    assert (told["width"], told["height"], told["fps"], told["duration"]) == (1920, 1080, 25.0, 10.0)
    assert [each["name"] for each in data["tasks"][0]["classes"]] == ["good", "under", "over"]
    assert told["bands"][0]["shares"] == [0.909, 0.0455, 0.0455]


def test_times_count_from_the_first_frame(tmp_path: Path) -> None:
    made = clip(stretches=(Stretch("silent", 12.0, 13.5),))
    told = written(tmp_path / "r.html", [made]).json("data")["clips"][0]
    assert told["bands"][0]["lanes"] == [[[0.0, 5.0, 0], [5.0, 6.0, 1], [6.0, 10.0, 0]]]
    assert told["stretches"] == [["silent", 2.0, 3.5]]
    assert told["strip"] == [0.0, 1.0, 2.0, 3.0]
    assert (told["worst"], told["best"]) == (5.5, 8.0)


def test_hostile_names_stay_text(tmp_path: Path) -> None:
    clips = [
        clip(f"shoot/{name}", pictures=1, rejected=True, reasons=(f"duplicate of {name}",), folders=("duplicate",),
             duplicate_of=name, damage=name, bands=(TaskBand(name, {name: 1.0}, (Segment(10.0, 20.0, name),)),))
        for name in HOSTILE
    ]  # fmt: skip
    page = written(tmp_path / "r.html", clips, title=HOSTILE[0] + HOSTILE[7], reject=HOSTILE[1])
    assert [tag for tag, _ in page.elements].count("script") == 2 + len(clips)
    assert not [tag for tag, _ in page.elements if tag in ("img", "b", "link", "iframe", "object", "base")]
    assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]
    data = page.json("data")
    assert [each["source"] for each in data["clips"]] == [f"shoot/{name}" for name in HOSTILE]
    assert [each["name"] for each in data["tasks"]] == list(HOSTILE)
    assert (data["title"], data["reject"]) == (HOSTILE[0] + HOSTILE[7], HOSTILE[1])
    # Between the tags of any script element there is no `<` that is not ours.
    for _, attributes, text in page.raw:
        if attributes.get("type") == "application/json":
            assert not set("<>&") & set(text)


def test_nothing_is_fetched_and_nothing_else_runs(tmp_path: Path) -> None:
    page = written(tmp_path / "r.html", [clip()])
    assert "http:" not in page.text and "https:" not in page.text and "url(" not in page.text
    assert not [a for _, a in page.elements for name in ("src", "href", "action", "srcset") if name in a]
    scripts = [text for tag, attributes, text in page.raw if tag == "script" and "type" not in attributes]
    styles = [text for tag, _, text in page.raw if tag == "style"]
    assert len(scripts) == len(styles) == 1
    for kind, text in (("script", scripts[0]), ("style", styles[0])):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in page.policy
    assert "default-src 'none'" in page.policy and "unsafe" not in page.policy
    # Names could become markup only through these.
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function", scripts[0])


def test_viewers_without_scripts_see_the_verdicts(tmp_path: Path) -> None:
    rejected = clip("a&b.mp4", rejected=True, reasons=("blur.blurred > 0.75 (it is 0.82)",), folders=("blur.blurred",))
    page = written(tmp_path / "r.html", [rejected, clip("c.mp4")])
    (plain,) = re.findall(r"<noscript>(.*?)</noscript>", page.text, re.DOTALL)
    assert "<bdi>a&amp;b.mp4</bdi></td><td><bdi>rejected</bdi></td><td><bdi>blur.blurred &gt; 0.75" in plain
    assert "<bdi>c.mp4</bdi></td><td><bdi>usable</bdi>" in plain


def test_each_clip_has_its_pictures(tmp_path: Path) -> None:
    page = written(tmp_path / "r.html", [clip(pictures=3), clip(pictures=0)])
    pictures = [base64.b64decode(text) for text in page.json("pictures-0")]
    assert len(pictures) == 3 + 2
    shapes = [cv2.imdecode(np.frombuffer(each, np.uint8), cv2.IMREAD_COLOR).shape for each in pictures]
    assert shapes == [(108, 192, 3)] * 5
    assert page.json("pictures-1") == []
    assert page.json("data")["clips"][1]["worst"] is None


def test_a_damaged_picture_is_left_out() -> None:
    strip = (ReportPicture(0.0, b""), ReportPicture(1.0, b"no picture"), ReportPicture(2.0, jpeg()))
    (made,) = fitted_pictures([ReportClip(rating(), strip, None, None)])
    assert [bool(each) for each in made] == [False, False, True]


def test_pictures_of_many_clips_are_smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    few = sum(len(text) for text in next(fitted_pictures([clip()])))
    for part in (0.7, 0.4, 0.25):
        monkeypatch.setattr(report_pictures, "MOST_BYTES", round(3 * few * part))
        many = list(fitted_pictures([clip()] * 3))
        assert sum(len(text) for texts in many for text in texts) <= 3 * few * part
    monkeypatch.setattr(report_pictures, "MOST_BYTES", 1)  # no room at all: as small as can be, but there
    assert all(next(fitted_pictures([clip()])))


def test_portrait_pictures_keep_their_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_pictures, "MOST_BYTES", 1)
    (made,) = fitted_pictures([ReportClip(rating(), (ReportPicture(0.0, jpeg(width=108, height=192)),), None, None)])
    picture = cv2.imdecode(np.frombuffer(base64.b64decode(made[0]), np.uint8), cv2.IMREAD_COLOR)
    assert picture.shape == (80, 45, 3)


class Asked(Sequence[ReportClip]):
    """Clips that are made when they are asked for."""

    def __init__(self, count: int, *, fails_at: int = -1) -> None:
        self.count, self.fails_at, self.times = count, fails_at, 0

    def __len__(self) -> int:
        return self.count

    @overload
    def __getitem__(self, place: int) -> ReportClip: ...

    @overload
    def __getitem__(self, place: slice) -> list[ReportClip]: ...

    def __getitem__(self, place: int | slice) -> ReportClip | list[ReportClip]:
        assert isinstance(place, int)
        if not 0 <= place < self.count:
            raise IndexError(place)
        self.times += 1
        if self.times == self.fails_at:
            raise OSError(5, "Input/output error")
        return clip(f"{place}.mp4", pictures=0)


def test_clips_are_asked_for_some_at_a_time() -> None:
    clips = Asked(5 * CLIPS_AT_ONCE)
    made = fitted_pictures(clips)
    next(made)
    assert clips.times <= CLIPS_AT_ONCE
    assert len(list(made)) == 5 * CLIPS_AT_ONCE - 1


def test_clips_are_gone_through_twice(tmp_path: Path) -> None:
    clips = Asked(CLIPS_AT_ONCE + 5)
    write_report(tmp_path / "r.html", clips, reject="", overwrite=False, title="")
    assert clips.times == 2 * len(clips)


def test_a_report_that_fails_half_way_leaves_nothing(tmp_path: Path) -> None:
    clips = Asked(40, fails_at=60)
    with pytest.raises(Exception, match=r"r\.html"):
        write_report(tmp_path / "r.html", clips, reject="", overwrite=False, title="")
    assert clips.times == 60
    assert list(tmp_path.iterdir()) == []


def test_a_report_is_not_replaced_unasked(tmp_path: Path) -> None:
    (tmp_path / "r.html").write_text("mine")
    with pytest.raises(OutputExistsError):
        write_report(tmp_path / "r.html", [], reject="", overwrite=False, title="")
    assert (tmp_path / "r.html").read_text() == "mine"
    write_report(tmp_path / "r.html", [], reject="", overwrite=True, title="")
    assert Page(tmp_path / "r.html").json("data")["clips"] == []


def test_the_same_clips_make_the_same_file(tmp_path: Path) -> None:
    clips = [clip(f"{place}.mp4") for place in range(40)]
    assert written(tmp_path / "one.html", clips).text == written(tmp_path / "two.html", clips).text


def test_a_clip_keeps_its_anchor_and_copies_have_their_own() -> None:
    one, other, copy = rating("a.mp4"), rating("b.mp4", source_id="ffff'\"<"), rating("moved/a.mp4")
    assert identities([one, other, copy]) == ["clip-0123456789abcdef", "clip-ffff", "clip-0123456789abcdef-2"]
    assert identities([other, one])[1] == identities([one])[0]
    assert identities([rating(source_id="")]) == ["clip-unknown"]


def badness(made: ClipRating, others: Sequence[ClipRating] = ()) -> float:
    tasks = task_values([made, *others])
    return float(clip_values(ReportClip(made), tasks=tasks, identity="x")["badness"])


def test_rejected_clips_are_worse_than_usable_ones_and_dark_ones_worse_than_good_ones() -> None:
    good, dark = ({"good": good, "under": 1 - good, "over": 0.0} for good in (0.9, 0.2))
    clips = [
        rating(bands=(TaskBand("exposure", shares, ()),), rejected=rejected)
        for rejected in (False, True)
        for shares in (good, dark)
    ]
    assert sorted(clips, key=badness) == clips
    assert badness(rating(near_duplicate_of="b")) > badness(rating())


def test_the_classes_a_clip_was_rejected_for_speak_against_clips() -> None:
    bands = (TaskBand("mine", {"nice": 0.4, "ugly": 0.6}, ()), TaskBand("who", {"Tom Cat": 1.0}, ()))
    clips = [
        rating(bands=bands, rejected=True, reasons=("mine.ugly > 0.5 (it is 0.60)",), folders=("mine.ugly",)),
        rating(bands=bands, rejected=True, reasons=("mine.nice < 0.5 (it is 0.40)",), folders=("mine.nice",)),
        rating(bands=bands, rejected=True, reasons=('who."Tom Cat" > 0.5 (it is 1.00)',), folders=("who.Tom Cat",)),
        rating(),
    ]
    assert wrong_classes(clips) == {"mine": {"ugly"}, "who": {"Tom Cat"}, "exposure": {"under", "over"}}
    assert wrong_classes([rating(bands=(TaskBand("blur", {"fine": 0.5, "soft": 0.5}, ()),))]) == {"blur": frozenset()}


def lanes_of(band: TaskBand, **changes: Any) -> list[list[list[float]]]:
    made = rating(bands=(band,), **changes)
    values = clip_values(ReportClip(made), tasks=task_values([made]), identity="x")
    found: list[list[list[float]]] = values["bands"][0]["lanes"]
    return found


def test_classes_that_can_be_true_at_once_have_a_lane_each() -> None:
    shares = {"Tom": 0.5, "Jerry": 0.3, "Spike": 0.0}
    joined = (Segment(10, 12, "Tom"), Segment(12, 14, "Tom|Jerry"), Segment(14, 20, "none"))
    overlapping = (Segment(10, 14, "Tom"), Segment(12, 14, "Jerry"))
    assert lanes_of(TaskBand("who", shares, joined)) == [[[0, 2, 0], [2, 4, 0]], [[2, 4, 1]]]
    assert lanes_of(TaskBand("who", shares, overlapping)) == [[[0, 4, 0]], [[2, 4, 1]]]
    assert lanes_of(TaskBand("odd", {"a|b": 1.0}, (Segment(10, 20, "a|b"),))) == [[[0, 10, 0]]]
    assert lanes_of(TaskBand("empty", {"a": 0.0}, ())) == [[]]


def test_more_segments_than_can_be_seen_are_thinned() -> None:
    names = ("good", "under")
    segments = tuple(Segment(10 + place / 10, 10 + (place + 1) / 10, names[place % 2]) for place in range(30_000))
    (lane,) = lanes_of(TaskBand("exposure", {"good": 0.5, "under": 0.5}, segments), duration_seconds=3000.0)
    assert len(lane) <= 400
    assert (lane[0][0], lane[-1][1]) == (0.0, 3000.0)
    assert all(before[1] == after[0] for before, after in pairwise(lane))
    # Long stretches stay where they are.
    long = (Segment(10, 1510, "good"), *(each for each in segments if each.start_seconds >= 1510))
    (lane,) = lanes_of(TaskBand("exposure", {"good": 0.5, "under": 0.5}, long), duration_seconds=3000.0)
    assert lane[0][0] == 0 and lane[0][2] == 0 and abs(lane[0][1] - 1500) <= 7.5


def test_numbers_that_are_none_do_not_break_the_page(tmp_path: Path) -> None:
    odd = clip(
        fps=float("inf"),
        duration_seconds=float("nan"),
        bands=(TaskBand("blur", {"sharp": 0.0, "blurred": float("nan")}, ()),),
    )
    told = written(tmp_path / "r.html", [odd]).json("data")["clips"][0]
    assert (told["fps"], told["duration"], told["bands"][0]["shares"]) == (0, 0.0, [0.0, None])


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node.js")
def test_the_script_parses(tmp_path: Path) -> None:
    script = tmp_path / "page.js"
    script.write_text("".join(map(rate_report._text, rate_report._SCRIPTS)), encoding="utf-8")
    subprocess.run(["node", "--check", str(script)], check=True)
