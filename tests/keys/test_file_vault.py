from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from samkeeper.errors import BadInput, Refused
from samkeeper.keys import purchase
from samkeeper.keys.algorithms import Algorithm, Purpose
from samkeeper.keys.diversify import diversify
from samkeeper.keys.protocol import KeyPath, KeyVault
from samkeeper.keys.secret import Secret
from samkeeper.keys.vault import create_vault, open_vault


def test_keys_are_there_when_opened_again(vault: KeyVault, tmp_path: Path, passphrase: Secret) -> None:
    made = [vault.generate("sign", Algorithm.SM2), vault.generate("tac", Algorithm.DES3)]
    again = open_vault(tmp_path / "development.vault", passphrase)
    assert list(again.list()) == made
    assert again.public_key("sign") == vault.public_key("sign")
    assert again.check_value("tac").hex().upper() == made[1].check_value


def test_only_the_owner_may_read_the_file(vault: KeyVault, tmp_path: Path) -> None:
    vault.generate("tac", Algorithm.SM4)
    assert stat.S_IMODE((tmp_path / "development.vault").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["development.vault"]


def test_a_wrong_passphrase_opens_nothing(vault: KeyVault, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="口令不对"):
        open_vault(tmp_path / "development.vault", Secret(b"guess"))


@pytest.mark.parametrize("position", [0, 20, 40, -1])
def test_a_changed_byte_opens_nothing(position: int, vault: KeyVault, tmp_path: Path, passphrase: Secret) -> None:
    file = tmp_path / "development.vault"
    content = bytearray(file.read_bytes())
    content[position] ^= 1
    file.write_bytes(content)
    with pytest.raises(BadInput):
        open_vault(file, passphrase)


def test_an_existing_file_is_not_overwritten(vault: KeyVault, tmp_path: Path, passphrase: Secret) -> None:
    with pytest.raises(BadInput, match="没有覆盖"):
        create_vault(tmp_path / "development.vault", passphrase)


def test_a_reference_means_the_newest_version_or_the_named_one(vault: KeyVault) -> None:
    first, second = vault.generate("tac", Algorithm.DES3), vault.generate("tac", Algorithm.DES3)
    assert vault.find("tac") == second
    assert vault.find("tac@1") == first
    assert vault.check_value("tac@1") != vault.check_value("tac@2")
    for stranger in ("tac@3", "purchase", "tac@0", "TAC"):
        with pytest.raises(BadInput):
            vault.find(stranger)


def test_a_key_serves_its_purpose_only(vault: KeyVault) -> None:
    vault.generate("sign", Algorithm.SM2)
    vault.generate("root", Algorithm.SM4)
    vault.generate("transport", Algorithm.SM4, Purpose.WRAP)
    with pytest.raises(Refused):
        vault.sign("root", b"")
    with pytest.raises(Refused):
        vault.cryptogram("transport", bytes(8), bytes(8))
    with pytest.raises(Refused):
        vault.wrap("root", under="root")
    with pytest.raises(Refused):
        vault.check_value("sign")


def test_a_destroyed_key_is_gone_and_its_version_must_be_named(
    vault: KeyVault, tmp_path: Path, passphrase: Secret
) -> None:
    vault.generate("tac", Algorithm.SM4)
    with pytest.raises(BadInput, match="写明版本"):
        vault.destroy("tac")
    vault.destroy("tac@1")
    again = open_vault(tmp_path / "development.vault", passphrase)
    assert not again.list()
    assert again.generate("tac", Algorithm.SM4).reference == "tac@2"  # a version never means two keys


def test_two_openings_of_one_file_lose_no_key(vault: KeyVault, tmp_path: Path, passphrase: Secret) -> None:
    file = tmp_path / "development.vault"
    openings = [open_vault(file, passphrase) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(lambda n: openings[n % 2].generate(f"key{n}", Algorithm.SM4), range(6)))
    assert list(open_vault(file, passphrase).list()) == made


def test_tacs_are_confirmed_row_by_row(vault: KeyVault) -> None:
    root = bytes(range(16))
    vault.import_components("tac", Algorithm.DES3, [Secret(bytes(16)), Secret(root)])
    factors = np.arange(24, dtype=np.uint8).reshape(3, 8)
    message = np.arange(66, dtype=np.uint8).reshape(3, 22)
    keys = [diversify(Algorithm.DES3, root, factor.tobytes()) for factor in factors]
    tacs = [purchase.tac_over(Algorithm.DES3, key, row.tobytes()) for key, row in zip(keys, message, strict=True)]
    given = np.frombuffer(b"".join(tacs), np.uint8).reshape(3, 4).copy()
    given[1, 3] ^= 1
    assert vault.check_tacs("tac", factors, message, given).tolist() == [True, False, True]
    assert vault.check_tacs(KeyPath("tac"), factors[:0], message[:0], given[:0]).shape == (0,)
