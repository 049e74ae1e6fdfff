"""Resources: notes, tasks and the like, which are not records and have no attributes."""

from attio_orm.resources.base import Resource
from attio_orm.resources.queries import ResourceManager, ResourceQuerySet
from attio_orm.resources.related import Related

__all__ = ["Related", "Resource", "ResourceManager", "ResourceQuerySet"]
