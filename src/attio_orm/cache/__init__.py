"""What Attio answered a moment ago, kept: ``connect(cache=Cache(ttl=300))``.

``MemoryCache`` is of one process, ``DiskCache`` of several on one machine, ``RedisCache`` of all
that reach one Redis. What is kept are the bytes of answers, and never an object.
"""

from attio_orm.cache.backends import CacheBackend, Usage
from attio_orm.cache.cache import Cache, CacheStats, HotAnswer
from attio_orm.cache.disk import DiskCache
from attio_orm.cache.memory import MemoryCache
from attio_orm.cache.redis import RedisCache

__all__ = [
    "Cache", "CacheBackend", "CacheStats", "DiskCache", "HotAnswer", "MemoryCache", "RedisCache",
    "Usage",
]  # fmt: skip
