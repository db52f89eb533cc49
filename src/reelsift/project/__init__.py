"""The composer: everything a user can do with films, from Python."""

from reelsift.project.project import Project

__all__ = ["Project"]
