"""Opening and making vaults by their address: a file, a `pkcs11:` URI (RFC 7512), an `sdf:` machine."""

from __future__ import annotations

from pathlib import Path

from samkeeper.keys import addresses, file_vault, sdf_vault, selftest
from samkeeper.keys.passphrase import vault_secret
from samkeeper.keys.protocol import KeyInfo, KeyPath, KeyVault, Wrapped
from samkeeper.keys.secret import Secret

__all__ = ["KeyInfo", "KeyPath", "KeyVault", "Wrapped", "create_vault", "in_machine", "open_vault"]


def open_vault(uri: str | Path, secret: Secret | None = None) -> KeyVault:
    """The vault at `uri`, after the self-test; without `secret` it is read or asked for (`passphrase`)."""
    selftest.require()
    secret = vault_secret() if secret is None else secret
    if str(uri).startswith(addresses.PKCS11):
        from samkeeper.keys import pkcs11_vault  # noqa: PLC0415  # loads a C extension few commands need

        return pkcs11_vault.open_token(str(uri), secret)
    if str(uri).startswith(addresses.SDF):
        return sdf_vault.open_machine(str(uri), secret)
    return file_vault.open_file(Path(uri), secret)


def create_vault(uri: str | Path, secret: Secret | None = None) -> KeyVault:
    """A new vault at `uri`, without keys."""
    selftest.require()
    secret = vault_secret(twice=not in_machine(uri)) if secret is None else secret
    if str(uri).startswith(addresses.PKCS11):
        from samkeeper.keys import pkcs11_vault  # noqa: PLC0415

        return pkcs11_vault.create_in_token(str(uri), secret)
    if in_machine(uri):
        return sdf_vault.create_on_machine(str(uri), secret)
    return file_vault.create_file(Path(uri), secret)


def in_machine(uri: str | Path) -> bool:
    """Whether an address leads to a machine, not to a file of ours."""
    return str(uri).startswith((addresses.PKCS11, addresses.SDF))
