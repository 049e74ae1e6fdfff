"""Which codec serves which attribute type."""

from __future__ import annotations

from typing import Any

from attio_orm.values.actors import ActorCodec
from attio_orm.values.choices import SelectCodec, StatusCodec
from attio_orm.values.codec import Codec
from attio_orm.values.dates import DateCodec
from attio_orm.values.domains import DomainCodec
from attio_orm.values.emails import EmailCodec
from attio_orm.values.interactions import InteractionCodec
from attio_orm.values.locations import LocationCodec
from attio_orm.values.money import MoneyCodec
from attio_orm.values.names import PersonalNameCodec
from attio_orm.values.numbers import CheckboxCodec, NumberCodec, RatingCodec
from attio_orm.values.phones import PhoneCodec
from attio_orm.values.raw import RawCodec
from attio_orm.values.references import ReferenceCodec
from attio_orm.values.texts import TextCodec
from attio_orm.values.timestamps import TimestampCodec

CODECS: dict[str, Codec[Any]] = {
    codec.type: codec
    for codec in (
        TextCodec(),
        NumberCodec(),
        CheckboxCodec(),
        MoneyCodec(),
        DateCodec(),
        TimestampCodec(),
        RatingCodec(),
        StatusCodec(),
        SelectCodec(),
        ReferenceCodec(),
        ActorCodec(),
        LocationCodec(),
        DomainCodec(),
        EmailCodec(),
        PhoneCodec(),
        InteractionCodec(),
        PersonalNameCodec(),
    )
}


def codec_for(type: str) -> Codec[Any]:
    """The codec of an attribute type (``"email-address"``); an unknown type keeps values raw."""
    return CODECS.get(type) or RawCodec(type)
