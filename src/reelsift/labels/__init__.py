"""Labels: read from tables and folders, checked against each other, and kept in a store with an undo log."""

from reelsift.labels.clip_table import CLIPS_NAME, ClipEntry, find_clip_tables, is_clip_table, read_clips, write_clips
from reelsift.labels.conflicts import resolve_conflicts
from reelsift.labels.export import format_labels, write_labels
from reelsift.labels.folders import held_out_folders, read_class_folders
from reelsift.labels.manifest import (
    MANIFEST_NAME,
    ManifestEntry,
    entries_by_name,
    find_manifest,
    read_manifest,
    write_manifest,
)
from reelsift.labels.reading import read_labels
from reelsift.labels.records import ExportedFrame, Label, LabelTask, Operation, SourceRecord, TaskKind
from reelsift.labels.rows import NO_CLASS, LabelRow, Problem, ReadLabels, parse_names
from reelsift.labels.store import LabelStore
from reelsift.labels.tables import ColumnNames, read_table
from reelsift.labels.times import parse_time

__all__ = [
    "CLIPS_NAME",
    "MANIFEST_NAME",
    "NO_CLASS",
    "ClipEntry",
    "ColumnNames",
    "ExportedFrame",
    "Label",
    "LabelRow",
    "LabelStore",
    "LabelTask",
    "ManifestEntry",
    "Operation",
    "Problem",
    "ReadLabels",
    "SourceRecord",
    "TaskKind",
    "entries_by_name",
    "find_clip_tables",
    "find_manifest",
    "format_labels",
    "held_out_folders",
    "is_clip_table",
    "parse_names",
    "parse_time",
    "read_class_folders",
    "read_clips",
    "read_labels",
    "read_manifest",
    "read_table",
    "resolve_conflicts",
    "write_clips",
    "write_labels",
    "write_manifest",
]
