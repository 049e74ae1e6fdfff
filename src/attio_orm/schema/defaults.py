"""Default values of attributes, and durations, in Attio's form."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from attio_orm.errors import ValidationError
from attio_orm.guards import is_dict, is_list, is_mapping
from attio_orm.types.base import AttributeSpec, codec_for, convert
from attio_orm.wording import show

CURRENT_USER = "current-user"


def default_value(attribute: AttributeSpec, value: object) -> dict[str, Any]:
    """What Attio takes as a default: of a value of the attribute, or one that it works out.

    That is ``"current-user"`` of an actor, and of dates and timestamps the time from then on, as a
    ``timedelta`` or an ISO 8601 duration (``"P1M"``). Raises ``ValidationError``.
    """
    if is_mapping(value) and set(value) == {"type", "template"}:
        return {str(name): each for name, each in value.items()}
    if attribute.type == "actor-reference" and value == CURRENT_USER:
        return {"type": "dynamic", "template": CURRENT_USER}
    if attribute.type in ("date", "timestamp") and (
        isinstance(value, timedelta) or (isinstance(value, str) and value[:1] == "P")
    ):
        return {"type": "dynamic", "template": duration(value)}
    codec = codec_for(attribute.type)
    values: list[Any] = value if is_list(value) else [value]
    if len(values) != 1 and not attribute.is_multi:
        raise ValidationError(f"{attribute.slug} holds one value: its default cannot be several.")
    try:
        return {
            "type": "static",
            "template": [codec.write(codec.accept(each, attribute)) for each in values],
        }
    except ValidationError as error:
        raise ValidationError(f"The default of {attribute.slug}: {error}") from error


def same_default(attribute: AttributeSpec, found: object, sent: object) -> bool:
    """Whether a default as Attio reads it is the one that was sent."""
    if found == sent:
        return True
    if not (is_dict(found) and is_dict(sent)) or found.get("type") != sent.get("type"):
        return False
    now, wanted = found.get("template"), sent.get("template")
    if not (is_list(now) and is_list(wanted)):
        return False
    codec = codec_for(attribute.type)
    try:
        given = [codec.key(codec.accept(each, attribute)) for each in wanted]
        return [codec.key(each) for each in convert(each for each in now if is_dict(each))] == given
    except ValidationError:
        return False


def duration(value: timedelta | str) -> str:
    """An ISO 8601 duration: of whole days ``"P7D"``, else of seconds.

    Raises ``ValidationError`` for a negative time. A text is taken as it is, as Attio checks it.
    """
    if isinstance(value, str):
        return value
    if value < timedelta(0):
        raise ValidationError(f"{show(value)} is before now: give a time from 0 on.")
    seconds = value.seconds + (1 if value.microseconds >= 500_000 else 0)
    return f"P{value.days}D" if not seconds else f"PT{value.days * 86_400 + seconds}S"
