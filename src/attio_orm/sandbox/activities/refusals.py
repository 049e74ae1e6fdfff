"""The 400 of the two endpoints whose error body is spelled another way."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from attio_orm.sandbox.calls import Call, Handler
from attio_orm.sandbox.errors import Refusal
from attio_orm.sandbox.replies import Reply


class CamelRefusal(Refusal):
    """A 400 whose body has `statusCode`, beside the `status_code` of all other errors.

    The specification gives these bodies the one spelling and all others the other; what is sent
    is not known, so that both are there.
    """

    def __init__(self, refusal: Refusal) -> None:
        """Take what another refusal says."""
        super().__init__(
            refusal.status,
            refusal.code,
            refusal.message,
            kind=refusal.kind,
            issues=refusal.issues,
        )

    def body(self) -> bytes:
        """Give the JSON of the error with both spellings."""
        document = msgspec.json.decode(super().body())
        return msgspec.json.encode({"statusCode": self.status, **document})


def spelled_in_camel_case(handler: Callable[[Call], bytes]) -> Handler:
    """Give a handler whose 400 has `statusCode` too, as POST /v2/comments and /v2/meetings do.

    A handler of these refuses by a 400 only.
    """

    def answer(call: Call) -> bytes | Reply:
        try:
            return handler(call)
        except Refusal as refusal:
            raise CamelRefusal(refusal) from refusal

    return answer
