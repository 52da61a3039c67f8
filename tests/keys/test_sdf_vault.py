"""A GM/T 0018 machine: a C library of our own (sdf_machine.c), built here, reached through the standard's calls."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from samkeeper.errors import BadInput, Fault
from samkeeper.keys import diversify, sm2
from samkeeper.keys.algorithms import Algorithm, Purpose
from samkeeper.keys.cipher import decrypt_blocks
from samkeeper.keys.protocol import KeyPath, KeyVault
from samkeeper.keys.purchase import tac_over
from samkeeper.keys.secret import Secret
from samkeeper.keys.vault import create_vault, open_vault

PASSWORD = Secret(b"machine-password")
ROOT = bytes.fromhex("00112233445566778899AABBCCDDEEFF")
CARD = bytes.fromhex("0011223344556677")


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("sdf")
    source, built = Path(__file__).with_name("sdf_machine.c"), folder / "libsdf.so"
    subprocess.run(["gcc", "-Wall", "-Werror", "-shared", "-fPIC", source, "-o", built, "-lcrypto"], check=True)
    (folder / "pair.der").write_bytes(sm2.generate()[0])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SDF_MACHINE_KEY", str(folder / "pair.der"))
        yield built


@pytest.fixture
def address(library: Path, tmp_path: Path) -> str:
    return f"sdf:{tmp_path / 'keys.json'}?library={library}"


@pytest.fixture
def machine(address: str) -> Iterator[KeyVault]:
    with create_vault(address, PASSWORD) as vault:
        yield vault


def load_root(vault: KeyVault, label: str, purpose: Purpose | None = None) -> None:
    part = bytes(range(16))
    other = bytes(a ^ b for a, b in zip(ROOT, part, strict=True))
    vault.import_components(label, Algorithm.SM4, [Secret(part), Secret(other)], purpose=purpose)


def test_the_machines_pair_signs_and_anyone_verifies(machine: KeyVault) -> None:
    info = machine.generate("sign", machine.signature)
    key = machine.public_key("sign")
    assert info.algorithm is Algorithm.SM2
    assert info.check_value == key.fingerprint
    assert key.verify(b"list 7", machine.sign("sign", b"list 7"))
    assert not key.verify(b"list 8", machine.sign("sign", b"list 7"))
    with pytest.raises(Fault, match="已经登记"):
        machine.generate("sign", machine.signature)


def test_keys_open_in_the_machine_only_and_again(machine: KeyVault, address: str, tmp_path: Path) -> None:
    made = machine.generate("tac", Algorithm.SM4)
    load_root(machine, "root")
    with open_vault(address, PASSWORD) as again:
        assert again.list() == machine.list()
        assert again.check_value("tac").hex().upper() == made.check_value
    assert ROOT.hex() not in (tmp_path / "keys.json").read_text().lower()


def test_the_machine_derives_as_the_plain_functions_do(machine: KeyVault) -> None:
    load_root(machine, "root")
    load_root(machine, "transport", Purpose.WRAP)
    path = KeyPath("root", (diversify.province_factor("445200"), CARD))
    key = diversify.diversify(Algorithm.SM4, ROOT, *path.factors)
    session = diversify.session_key(Algorithm.SM4, key, bytes(8))
    expected = diversify.authentication_cryptogram(Algorithm.SM4, session, CARD)
    assert machine.cryptogram(path, bytes(8), CARD) == expected
    wrapped = machine.wrap(path, under="transport")
    assert decrypt_blocks(Algorithm.SM4, ROOT, wrapped.cryptogram)[1:17] == key
    machine.import_wrapped("card", Algorithm.SM4, wrapped, under="transport")
    assert machine.check_value("card") == wrapped.check_value


def test_many_codes_are_confirmed_through_the_machine(machine: KeyVault) -> None:
    load_root(machine, "tac")
    factors = np.random.default_rng(1).integers(0, 256, (5000, 8), np.uint8)
    data = np.random.default_rng(2).integers(0, 256, (5000, 22), np.uint8)
    tacs = np.zeros((5000, 4), np.uint8)
    key = diversify.diversify(Algorithm.SM4, ROOT, factors[4999].tobytes())
    tacs[4999] = np.frombuffer(tac_over(Algorithm.SM4, key, data[4999].tobytes()), np.uint8)
    assert machine.check_tacs("tac", factors, data, tacs).nonzero()[0].tolist() == [4999]


@pytest.mark.parametrize("algorithm", [Algorithm.DES3, Algorithm.ECDSA])
def test_what_the_machine_lacks_is_told(machine: KeyVault, algorithm: Algorithm) -> None:
    with pytest.raises(Fault, match=f"该设备不支持 {algorithm}"):
        machine.generate("key", algorithm)


def test_a_destroyed_key_is_gone(machine: KeyVault, address: str) -> None:
    machine.generate("tac", Algorithm.SM4)
    machine.destroy("tac@1")
    with open_vault(address, PASSWORD) as again:
        assert not again.list()
        assert again.generate("tac", Algorithm.SM4).reference == "tac@2"


def test_a_wrong_password_is_told(machine: KeyVault, address: str) -> None:
    with pytest.raises(BadInput, match="口令不对"):
        open_vault(address, Secret(b"guess"))


def test_a_machine_that_fails_is_told(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDF_MACHINE_KEY", "/nowhere")
    with pytest.raises(Fault, match="SDF_OpenDevice（0x01000008）"):
        create_vault(address, PASSWORD)


@pytest.mark.parametrize(
    ("uri", "told"),
    [
        ("sdf:keys.json", "须有索引文件和厂商库"),
        ("sdf:?library=x", "须有索引文件和厂商库"),
        ("sdf:keys.json?library=x&kek=one", "密钥序号"),
        ("sdf:keys.json?library=x&pin=1", "“pin”不认识"),
        ("sdf:/nowhere/keys.json?library=x", "文件不存在"),
    ],
)
def test_an_address_that_leads_nowhere_is_told(uri: str, told: str) -> None:
    with pytest.raises(BadInput, match=told):
        open_vault(uri, PASSWORD)
