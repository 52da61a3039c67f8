"""A real vault with a signing key, made once; ledgers of any size written as exports without a database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from samkeeper.keys.algorithms import Algorithm
from samkeeper.keys.protocol import KeyVault
from samkeeper.keys.secret import Secret
from samkeeper.keys.vault import create_vault


@pytest.fixture(scope="session")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KeyVault]:
    with create_vault(tmp_path_factory.mktemp("vault") / "vault", Secret(b"only for tests")) as made:
        made.generate("sign", made.signature)
        yield made


@pytest.fixture(scope="session")
def other_vault(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KeyVault]:
    """A stranger's, who signs with the other algorithm."""
    with create_vault(tmp_path_factory.mktemp("vault") / "other", Secret(b"only for tests")) as made:
        made.generate("sign", Algorithm.ECDSA)
        yield made


@pytest.fixture
def public_key(vault: KeyVault, tmp_path: Path) -> Path:
    file = tmp_path / "key.pem"
    file.write_text(vault.public_key("sign").to_pem())
    return file
