"""Opening and making vaults by their address: a file, or an RFC 7512 `pkcs11:` URI."""

from __future__ import annotations

from pathlib import Path

from samkeeper.keys import file_vault, selftest
from samkeeper.keys.passphrase import vault_secret
from samkeeper.keys.protocol import KeyInfo, KeyPath, KeyVault, Wrapped
from samkeeper.keys.secret import Secret

__all__ = ["KeyInfo", "KeyPath", "KeyVault", "Wrapped", "create_vault", "open_vault"]


def open_vault(uri: str | Path, secret: Secret | None = None) -> KeyVault:
    """The vault at `uri`, after the self-test; without `secret` it is read or asked for (`passphrase`)."""
    selftest.require()
    return file_vault.open_file(Path(uri), _given(secret))


def create_vault(uri: str | Path, secret: Secret | None = None) -> KeyVault:
    """A new vault at `uri`, without keys."""
    selftest.require()
    return file_vault.create_file(Path(uri), _given(secret, twice=True))


def _given(secret: Secret | None, *, twice: bool = False) -> Secret:
    return vault_secret(twice=twice) if secret is None else secret
