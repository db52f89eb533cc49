from __future__ import annotations

from pathlib import Path

import pytest

from reelsift.errors import LabelError, SourceNotFoundError
from reelsift.labels import ReadLabels, read_class_folders


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def found(read: ReadLabels) -> list[tuple[str | None, str]]:
    return [(row.class_name, row.path.name) for row in read.rows]


def test_class_folders_in_natural_order_without_other_files(tmp_path: Path) -> None:
    touch(tmp_path, "OK/frame10.jpg", "OK/frame2.PNG", "OK/notes.txt", "OK/.hidden.jpg", "KO/clip.mp4")
    touch(tmp_path, "manifest.csv", "loose.jpg", ".reelsift/x.jpg", "__MACOSX/y.jpg")
    read = read_class_folders(tmp_path)
    assert found(read) == [("KO", "clip.mp4"), ("OK", "frame2.PNG"), ("OK", "frame10.jpg")]
    assert [row.kind for row in read.rows] == ["clip", "picture", "picture"]
    assert read.rows[0].where == str(tmp_path / "KO" / "clip.mp4")
    assert read.problems == ()


@pytest.mark.parametrize("train", ["train", "Training"])
@pytest.mark.parametrize("test", ["TEST", "testing", "val"])
def test_only_train_is_read_unless_the_path_names_the_other(tmp_path: Path, train: str, test: str) -> None:
    touch(tmp_path, f"{train}/OK/1.jpg", f"{train}/KO/2.jpg", f"{test}/OK/3.jpg")
    assert found(read_class_folders(tmp_path)) == [("KO", "2.jpg"), ("OK", "1.jpg")]
    assert found(read_class_folders(tmp_path / test)) == [("OK", "3.jpg")]
    assert found(read_class_folders(tmp_path / train)) == [("KO", "2.jpg"), ("OK", "1.jpg")]


def test_a_class_may_be_called_train(tmp_path: Path) -> None:
    touch(tmp_path, "train/1.jpg", "bus/2.jpg")
    assert found(read_class_folders(tmp_path)) == [("bus", "2.jpg"), ("train", "1.jpg")]


def test_pictures_left_unsorted_beside_class_folders_are_passed_over(tmp_path: Path) -> None:
    touch(tmp_path, "training/loose.jpg", "training/OK/1.jpg", "training/KO/2.jpg")
    assert found(read_class_folders(tmp_path)) == [("KO", "2.jpg"), ("OK", "1.jpg")]
    assert found(read_class_folders(tmp_path / "training")) == [("KO", "2.jpg"), ("OK", "1.jpg")]


def test_held_out_labels_alone_are_not_read_by_accident(tmp_path: Path) -> None:
    touch(tmp_path, "test/OK/1.jpg", "test/KO/2.jpg")
    with pytest.raises(LabelError, match="no train/"):
        read_class_folders(tmp_path)


def test_two_training_folders_need_a_choice(tmp_path: Path) -> None:
    touch(tmp_path, "train/OK/1.jpg", "training/OK/2.jpg")
    with pytest.raises(LabelError, match="name the one to read"):
        read_class_folders(tmp_path)


def test_a_class_folder_without_media_is_a_problem(tmp_path: Path) -> None:
    touch(tmp_path, "OK/1.jpg", "KO/deeper/2.jpg")
    (tmp_path / "empty").mkdir()
    read = read_class_folders(tmp_path)
    assert found(read) == [("OK", "1.jpg")]
    assert [problem.where for problem in read.problems] == [str(tmp_path / "empty"), str(tmp_path / "KO")]


def test_names_rename_classes(tmp_path: Path) -> None:
    touch(tmp_path, "0/1.jpg", "1/2.jpg")
    assert found(read_class_folders(tmp_path, names={"0": "neither"})) == [("neither", "1.jpg"), ("1", "2.jpg")]


def test_links_keep_the_names_they_were_given(tmp_path: Path) -> None:
    touch(tmp_path, "elsewhere/original.jpg")
    (tmp_path / "set" / "OK").mkdir(parents=True)
    (tmp_path / "set" / "OK" / "link.jpg").symlink_to(tmp_path / "elsewhere" / "original.jpg")
    assert [row.path for row in read_class_folders(tmp_path / "set").rows] == [tmp_path / "set" / "OK" / "link.jpg"]


def test_loose_pictures_are_told_what_was_expected(tmp_path: Path) -> None:
    touch(tmp_path, "1.jpg", "2.jpg")
    with pytest.raises(LabelError, match=r"not sorted.*one folder for each class"):
        read_class_folders(tmp_path)


def test_a_folder_without_labels(tmp_path: Path) -> None:
    with pytest.raises(LabelError, match="has no labels"):
        read_class_folders(tmp_path)
    (tmp_path / "OK").mkdir()
    with pytest.raises(LabelError, match="none of its folders"):
        read_class_folders(tmp_path)
    with pytest.raises(SourceNotFoundError):
        read_class_folders(tmp_path / "nowhere")
