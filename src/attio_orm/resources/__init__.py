"""Resources: notes, tasks and the like, which are not records and have no attributes."""

from typing import TYPE_CHECKING, Any, Final

from attio_orm.resources.base import Resource
from attio_orm.resources.notes import NotesOf
from attio_orm.resources.queries import ResourceManager, ResourceQuerySet
from attio_orm.resources.related import Related
from attio_orm.resources.tasks import TasksOf

if TYPE_CHECKING:
    from attio_orm.resources.files import Files
    from attio_orm.resources.meetings import MeetingManager, MeetingsOf, Recordings
    from attio_orm.resources.participants import Correspondent
    from attio_orm.resources.threads import Comments, Threads

__all__ = [
    "Comments",
    "Correspondent",
    "Files",
    "MeetingManager",
    "MeetingsOf",
    "NotesOf",
    "Recordings",
    "Related",
    "Resource",
    "ResourceManager",
    "ResourceQuerySet",
    "TasksOf",
    "Threads",
]

# Imported when they are first used: who reads notes has no need of meetings.
_LATE: Final = {
    "Comments": "threads",
    "Correspondent": "participants",
    "Files": "files",
    "MeetingManager": "meetings",
    "MeetingsOf": "meetings",
    "Recordings": "meetings",
    "Threads": "threads",
}


def __getattr__(name: str) -> Any:
    place = _LATE.get(name)
    if place is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    found = globals()[name] = getattr(import_module(f"{__name__}.{place}"), name)
    return found
