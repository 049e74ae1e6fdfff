"""What the room needs beside the library: imported when it is used, and named where it lacks."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest
from cryptography.fernet import Fernet

from attio_orm.oauth import FileTokens, OAuthApp, RedisTokens

KEY = Fernet.generate_key()


def test_nothing_is_imported_before_it_is_used() -> None:
    code = (
        "import sys, attio_orm; before = set(sys.modules)\n"
        "import attio_orm.oauth\n"
        "heavy = {'oauthlib', 'cryptography', 'redis', 'httpx', 'asyncio.runners'}\n"
        "print(sorted(heavy & (set(sys.modules) - before)))\n"
        "print(any(name.startswith('attio_orm.oauth') for name in before))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["[]", "False"]


@pytest.mark.parametrize(
    ("module", "extra", "use"),
    [
        ("oauthlib.oauth2", "oauth", lambda: OAuthApp("c", "s", "app:/back").authorization_url()),
        ("cryptography.fernet", "oauth", lambda: FileTokens("tokens.db", KEY)),
        ("redis", "redis", lambda: RedisTokens("redis://localhost", KEY)),
    ],
    ids=["oauthlib", "cryptography", "redis"],
)
def test_an_extra_that_lacks_is_named(
    monkeypatch: pytest.MonkeyPatch, module: str, extra: str, use: Callable[[], object]
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError) as caught:
        use()
    assert f'pip install "attio-orm[{extra}]"' in str(caught.value)
