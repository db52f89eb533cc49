from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from reelsift.labels import Label, SourceRecord, format_labels, read_table, write_labels

SOURCES = {"f1": SourceRecord("f1", "film", "film.mp4"), "p1": SourceRecord("p1", "picture", "odd; name,.jpg")}
LABELS = (
    Label("f1", "t", "OK", start_seconds=0.1, end_seconds=1 / 3, group="g"),
    Label("f1", "t", "KO, not", start_seconds=7.0, end_seconds=7.04, frame_index=175),
    Label("p1", "t", "OK"),
)


def test_the_text_is_a_csv_of_intervals() -> None:
    assert format_labels(LABELS, sources=SOURCES) == (
        "source,start,end,label,group\n"
        "film.mp4,0.1,0.3333333333333333,OK,g\n"
        'film.mp4,7.0,7.04,"KO, not",\n'
        '"odd; name,.jpg",,,OK,\n'
    )


def test_what_is_written_can_be_imported_again(tmp_path: Path) -> None:
    (tmp_path / "films").mkdir()
    sources = {key: SourceRecord(key, x.kind, str(tmp_path / "films" / x.path)) for key, x in SOURCES.items()}
    for source in sources.values():
        Path(source.path).touch()
    for folder in (tmp_path, tmp_path / "films" / "tables"):
        folder.mkdir(exist_ok=True)
        write_labels(folder / "labels.csv", LABELS, sources=sources)
        read = read_table(folder / "labels.csv")
        assert read.problems == ()
        assert [(str(x.path), x.class_name, x.start_seconds, x.end_seconds, x.group) for x in read.rows] == [
            (sources[x.source_id].path, x.class_name, x.start_seconds, x.end_seconds, x.group) for x in LABELS
        ]
    assert "\nfilms/film.mp4," in (tmp_path / "labels.csv").read_text()


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6))
def test_times_keep_all_their_digits(start: float, length: float) -> None:
    label = Label("f1", "t", "OK", start_seconds=start, end_seconds=start + length)
    _, line, _ = format_labels([label], sources=SOURCES).split("\n")
    assert [float(cell) for cell in line.split(",")[1:3]] == [start, start + length]
