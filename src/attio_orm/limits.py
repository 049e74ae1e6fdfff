"""Pacing: a limiter that keeps all requests of one token within what Attio takes a second.

``connect(limits=...)`` takes one. See https://docs.attio.com/rest-api/guides/rate-limiting.
"""

from attio_orm.transport.limits import Limiter

__all__ = ["Limiter"]
