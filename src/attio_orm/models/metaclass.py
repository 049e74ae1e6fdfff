"""The type of model classes: a name that one does not have is told where it is to be found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from attio_orm.models.manager import Manager
from attio_orm.models.missing_methods import missing_on_class
from attio_orm.records.base import mapper_of

if TYPE_CHECKING:
    ModelType = type  # with a ``__getattr__`` every misspelled name would pass type checkers
else:
    # Of the type of protocols, which is that of ``ABC`` too: a class has one type, and it has to be
    # of the types of all its bases, or no model could derive from either.
    class ModelType(type(Protocol)):
        """The type of model classes; says where the manager's methods are."""

        # what is a model is never told by its shape, and the checks of ``ABC`` take longer
        __instancecheck__ = type.__instancecheck__
        __subclasscheck__ = type.__subclasscheck__

        def __getattr__(cls, name: str) -> Any:
            if name.startswith("_"):
                raise AttributeError(f"type object {cls.__name__!r} has no attribute {name!r}")
            raise missing_on_class(mapper_of(cls), name, of_manager=hasattr(Manager, name))
