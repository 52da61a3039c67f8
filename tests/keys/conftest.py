from __future__ import annotations

from pathlib import Path

import pytest

from samkeeper.keys.protocol import KeyVault
from samkeeper.keys.secret import Secret
from samkeeper.keys.vault import create_vault


@pytest.fixture
def passphrase() -> Secret:
    return Secret("开发口令".encode())


@pytest.fixture
def vault(tmp_path: Path, passphrase: Secret) -> KeyVault:
    return create_vault(tmp_path / "development.vault", passphrase)
