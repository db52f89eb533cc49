from __future__ import annotations

from pathlib import Path

import pytest

from reelsift.errors import LabelError, SourceNotFoundError
from reelsift.labels import ColumnNames, read_labels


def test_a_folder_or_a_table_through_one_door(tmp_path: Path) -> None:
    (tmp_path / "OK").mkdir()
    picture = tmp_path / "OK" / "1.jpg"
    picture.touch()
    table = tmp_path / "labels.csv"
    table.write_text("file,label\nOK/1.jpg,fine\n")
    assert [(row.path, row.class_name) for row in read_labels(tmp_path).rows] == [(picture, "OK")]
    assert [(row.path, row.class_name) for row in read_labels(table).rows] == [(picture, "fine")]
    assert read_labels(tmp_path, columns=ColumnNames()).rows
    with pytest.raises(LabelError, match="picture or a film"):
        read_labels(picture)
    with pytest.raises(LabelError, match="are for tables"):
        read_labels(tmp_path, columns=ColumnNames(file="x"))
    with pytest.raises(SourceNotFoundError):
        read_labels(tmp_path / "nowhere")
