"""OAuth: apps that members authorize, what a token may do, and where tokens are kept.

Needs ``pip install "attio-orm[oauth]"`` where it says so. See
https://docs.attio.com/rest-api/tutorials/connect-an-app-through-oauth.
"""

from attio_orm.oauth.apps import Authorization, OAuthApp
from attio_orm.oauth.files import FileTokens
from attio_orm.oauth.identity import Identity
from attio_orm.oauth.shared import RedisTokens
from attio_orm.oauth.stores import MemoryTokens, TokenProvider, TokenStore
from attio_orm.oauth.tokens import OAuthToken
from attio_orm.pickles import public_in
from attio_orm.transport.scopes import Scope

__all__ = [
    "Authorization",
    "FileTokens",
    "Identity",
    "MemoryTokens",
    "OAuthApp",
    "OAuthToken",
    "RedisTokens",
    "Scope",
    "TokenProvider",
    "TokenStore",
]

public_in(
    __name__, Authorization, FileTokens, Identity, MemoryTokens, OAuthApp, OAuthToken, RedisTokens,
    Scope, TokenProvider, TokenStore,
)  # fmt: skip
