"""Pacing: what keeps all requests of one token within what Attio takes a second.

``connect(limits=...)`` takes one. See https://docs.attio.com/rest-api/guides/rate-limiting.
"""

from attio_orm.transport.limits import Limiter, RateLimiter
from attio_orm.transport.redis_limits import RedisLimiter

__all__ = ["Limiter", "RateLimiter", "RedisLimiter"]
