"""Resources: notes, tasks and the like, which are not records and have no attributes."""

from attio_orm.resources.base import Resource
from attio_orm.resources.notes import NotesOf
from attio_orm.resources.queries import ResourceManager, ResourceQuerySet
from attio_orm.resources.related import Related
from attio_orm.resources.tasks import TasksOf

__all__ = ["NotesOf", "Related", "Resource", "ResourceManager", "ResourceQuerySet", "TasksOf"]
