"""Which scopes a token needs for a class: a model of an object, a list or an activity, a resource.

See https://docs.attio.com/rest-api/guides/authentication.
"""

from __future__ import annotations

from typing import Final, cast

from attio_orm.transport.granted import needed_at

# By the name of the class, as resources stand above this room; derived classes are theirs.
_PATHS: Final = {
    "Activity": ("/v2/activities", "/v2/activities/{activity}/records"),
    "CallRecording": ("/v2/meetings/{meeting_id}/call_recordings",),
    "Comment": ("/v2/comments", "/v2/threads"),
    "Email": ("/v2/emails",),
    "File": ("/v2/files",),
    "ListEntry": ("/v2/lists/{list}/entries",),
    "Meeting": ("/v2/meetings",),
    "Member": ("/v2/workspace_members",),
    "Model": ("/v2/objects/{object}/records",),
    "Note": ("/v2/notes",),
    "Task": ("/v2/tasks",),
    "Thread": ("/v2/threads", "/v2/comments"),
    "Transcript": ("/v2/meetings/{meeting_id}/call_recordings",),
    "Webhook": ("/v2/webhooks",),
}


def scopes_for(given: object, *, write: bool = False) -> frozenset[str] | None:
    """What reading this class takes, or also writing it; ``None`` for any other class."""
    # the nearest one counts: activities and entries are models as well
    for base in cast("type[object]", given).__mro__ if isinstance(given, type) else ():
        if base.__module__.partition(".")[0] == "attio_orm" and base.__name__ in _PATHS:
            return needed_at(*_PATHS[base.__name__], write=write)
    return None
