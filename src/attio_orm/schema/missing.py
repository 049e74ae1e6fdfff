"""The errors for what a workspace does not have, each with what to do about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from attio_orm.errors import NotFoundError, UnknownAttributeError
from attio_orm.schema.records import Kind, ObjectSchema

OPTIONAL_OBJECTS = ("deals", "users", "workspaces")


def no_object(slug: str, kind: Kind, known: Iterable[str]) -> NotFoundError:
    """The error for an object or a list that is not in the workspace."""
    names = list(known)
    word = kind[:-1]
    said = [f'This workspace has no {word} "{slug}".']
    close = close_names(slug, names)
    if kind == "objects" and slug in OPTIONAL_OBJECTS:
        said.append(
            "It is a standard object that is switched off: activate it in Attio's settings, "
            "under Objects (the API cannot)."
        )
    elif close:
        said.append(f"Did you mean {close}?")
    else:
        said.append(f"It has {_listed(names)}.")
        said.append(
            f"Make the {word} in Attio's settings, or name another on the class: "
            f'{"object" if kind == "objects" else "list"}="..."; in the sandbox, define(Model) '
            "makes it."
        )
    return NotFoundError(
        " ".join(said), status=404, code="not_found", method="GET", path=f"/v2/{kind}"
    )


def no_attribute(slug: str, owner: ObjectSchema) -> UnknownAttributeError:
    """The error for an attribute that an object or list does not have."""
    close = close_names(slug, owner.attributes)
    hint = f"Did you mean {close}?" if close else f"It has {_listed(list(owner.attributes))}."
    return UnknownAttributeError(f'"{owner.slug}" has no attribute "{slug}". {hint}')


def close_names(name: str, known: Iterable[str] | Mapping[str, object]) -> str:
    """The names like ``name``, quoted; empty where none is."""
    from difflib import get_close_matches

    return " or ".join(f'"{match}"' for match in get_close_matches(name, list(known)))


def _listed(names: list[str]) -> str:
    if not names:
        return "none"
    more = f" and {len(names) - 10} more" if len(names) > 10 else ""
    return ", ".join(f'"{name}"' for name in names[:10]) + more
