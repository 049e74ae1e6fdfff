"""Resources: notes, tasks and the like, which are not records and have no attributes."""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from attio_orm.resources.queries import ResourceManager, ResourceQuerySet
from attio_orm.resources.related import Related
from attio_orm.resources.resource import Resource

if TYPE_CHECKING:
    from attio_orm.resources.files import Files
    from attio_orm.resources.meetings import MeetingManager, MeetingsOf
    from attio_orm.resources.notes import NotesOf
    from attio_orm.resources.participants import Correspondent
    from attio_orm.resources.recordings import Recordings
    from attio_orm.resources.tasks import TasksOf
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
]  # fmt: skip

# Who has notes need not load the meetings.
_LATE: Final = {
    "Comments": "attio_orm.resources.threads",
    "Correspondent": "attio_orm.resources.participants",
    "Files": "attio_orm.resources.files",
    "MeetingManager": "attio_orm.resources.meetings",
    "MeetingsOf": "attio_orm.resources.meetings",
    "NotesOf": "attio_orm.resources.notes",
    "Recordings": "attio_orm.resources.recordings",
    "TasksOf": "attio_orm.resources.tasks",
    "Threads": "attio_orm.resources.threads",
}


def __getattr__(name: str) -> Any:
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(_LATE[name]), name)  # asked for once
    return found
