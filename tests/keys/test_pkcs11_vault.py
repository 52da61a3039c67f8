"""A real token: SoftHSM, with a folder of its own."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pkcs11
import pytest

from samkeeper.errors import BadInput, Fault
from samkeeper.keys import diversify
from samkeeper.keys.addresses import TokenAddress
from samkeeper.keys.algorithms import Algorithm, Purpose
from samkeeper.keys.making import make_vault
from samkeeper.keys.protocol import KeyPath, KeyVault
from samkeeper.keys.purchase import tac_over
from samkeeper.keys.secret import Secret
from samkeeper.keys.vault import create_vault, open_vault

MODULE = "/usr/lib/softhsm/libsofthsm2.so"
PIN = Secret(b"246810")
ROOT = bytes.fromhex("00112233445566778899AABBCCDDEEFF")
CARD = bytes.fromhex("0011223344556677")


@pytest.fixture(scope="module")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("softhsm")
    (folder / "tokens").mkdir()
    (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder / 'tokens'}\nlog.level = ERROR\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", str(folder / "softhsm2.conf"))
        yield folder


@pytest.fixture
def token(tokens: Path, request: pytest.FixtureRequest) -> str:
    label = f"kms-{abs(hash(request.node.nodeid)) % 10**9}"
    command = ["softhsm2-util", "--init-token", "--free", "--label", label, "--so-pin", "1234", "--pin", "246810"]
    subprocess.run(command, check=True, capture_output=True, env=os.environ)
    pkcs11.lib(MODULE).reinitialize()  # or it would not see a token made since it was loaded
    return f"pkcs11:token={label}?module-path={MODULE}"


@pytest.fixture
def hsm(token: str) -> Iterator[KeyVault]:
    with create_vault(token, PIN) as vault:
        yield vault


def load_root(vault: KeyVault, label: str, purpose: Purpose | None = None) -> None:
    part = bytes(range(16))
    other = bytes(a ^ b for a, b in zip(ROOT, part, strict=True))
    vault.import_components(label, Algorithm.DES3, [Secret(part), Secret(other)], purpose=purpose)


def test_keys_live_in_the_token(hsm: KeyVault, token: str) -> None:
    made = [
        hsm.generate("sign", hsm.signature),
        hsm.generate("tac", Algorithm.DES3),
        hsm.generate("tac", Algorithm.DES3),
        hsm.generate("transport", Algorithm.AES, Purpose.WRAP),
    ]
    with open_vault(token, PIN) as again:
        assert list(again.list()) == made
        assert again.find("tac").version == 2
        again.destroy("tac@1")
    assert [key.reference for key in hsm.list()] == ["sign@1", "tac@2", "transport@1"]


def test_the_token_signs_and_anyone_verifies(hsm: KeyVault) -> None:
    info = hsm.generate("sign", hsm.signature)
    key = hsm.public_key("sign")
    assert key.fingerprint == info.check_value
    assert key.verify(b"list 7", hsm.sign("sign", b"list 7"))
    assert not key.verify(b"list 8", hsm.sign("sign", b"list 7"))


def test_a_key_in_the_token_cannot_be_read(hsm: KeyVault, token: str) -> None:
    hsm.generate("tac", Algorithm.DES3)
    address = TokenAddress.parse(token)
    session = pkcs11.lib(MODULE).get_token(token_label=address.known["token"]).open()
    found = next(iter(session.get_objects({pkcs11.Attribute.LABEL: "tac@1"})))
    with pytest.raises(pkcs11.exceptions.AttributeSensitive):
        found[pkcs11.Attribute.VALUE]
    session.close()


def test_the_token_derives_as_the_plain_functions_do(hsm: KeyVault) -> None:
    load_root(hsm, "tac")
    load_root(hsm, "transport", Purpose.WRAP)
    path = KeyPath("tac", (diversify.province_factor("445200"), CARD))
    key = diversify.diversify(Algorithm.DES3, ROOT, *path.factors)
    session = diversify.session_key(Algorithm.DES3, key, bytes(8))
    assert hsm.check_value("tac").hex().upper() == "FB0975"
    expected = diversify.authentication_cryptogram(Algorithm.DES3, session, CARD)
    assert hsm.cryptogram(path, bytes(8), CARD) == expected
    wrapped = hsm.wrap(path, under="transport")
    hsm.import_wrapped("card", Algorithm.DES3, wrapped, under="transport")
    assert hsm.check_value("card") == wrapped.check_value


def test_many_codes_are_confirmed_through_the_token(hsm: KeyVault) -> None:
    load_root(hsm, "tac")
    factors = np.random.default_rng(1).integers(0, 256, (5000, 8), np.uint8)
    data = np.random.default_rng(2).integers(0, 256, (5000, 22), np.uint8)
    tacs = np.zeros((5000, 4), np.uint8)
    key = diversify.diversify(Algorithm.DES3, ROOT, factors[4999].tobytes())
    tacs[4999] = np.frombuffer(tac_over(Algorithm.DES3, key, data[4999].tobytes()), np.uint8)
    assert hsm.check_tacs("tac", factors, data, tacs).nonzero()[0].tolist() == [4999]


@pytest.mark.parametrize("algorithm", [Algorithm.SM2, Algorithm.SM4])
def test_what_the_device_lacks_is_told(hsm: KeyVault, algorithm: Algorithm) -> None:
    with pytest.raises(Fault, match=f"该设备不支持 {algorithm}"):
        hsm.generate("root", algorithm)
    with pytest.raises(Fault, match="该设备不支持"):
        hsm.generate("tac", Algorithm.DES3)
        hsm.wrap("tac", under=hsm.generate("transport", Algorithm.DES3, Purpose.WRAP).label)


def test_a_new_vault_signs_with_what_the_token_has(token: str) -> None:
    with make_vault(token, ["tac:3DES"], sign=True, secret=PIN) as vault:
        assert [(key.label, key.algorithm) for key in vault.list()] == [
            ("sign", Algorithm.ECDSA),
            ("tac", Algorithm.DES3),
        ]


def test_a_vault_that_cannot_be_made_whole_leaves_the_token_empty(token: str) -> None:
    with pytest.raises(Fault, match="该设备不支持 SM4"):
        make_vault(token, ["tac:3DES", "root:SM4"], sign=True, secret=PIN)
    with open_vault(token, PIN) as vault:
        assert not vault.list()


def test_a_wrong_pin_is_told(token: str) -> None:
    with pytest.raises(BadInput, match="PIN 不对"):
        open_vault(token, Secret(b"000000"))


def test_a_token_is_found_by_all_that_is_said_of_it(token: str) -> None:
    label = TokenAddress.parse(token).known["token"]
    found = pkcs11.lib(MODULE).get_token(token_label=label)
    said = f"model=SoftHSM%20v2;manufacturer=SoftHSM%20project;serial={found.serial.decode()};token={label}"
    with open_vault(f"pkcs11:{said}?module-path={MODULE}", PIN) as vault:
        assert not vault.list()
    with pytest.raises(BadInput, match="没有找到唯一的令牌"):
        open_vault(f"pkcs11:model=Other;token={label}?module-path={MODULE}", PIN)


def test_a_token_with_keys_is_not_made_again(hsm: KeyVault, token: str) -> None:
    hsm.generate("tac", Algorithm.DES3)
    with pytest.raises(BadInput, match="已有密钥"):
        create_vault(token, PIN)


@pytest.mark.parametrize(
    ("uri", "told"),
    [
        ("pkcs11:token=nobody?module-path=" + MODULE, "没有找到唯一的令牌"),
        ("pkcs11:token=kms?module-path=/nowhere.so", "厂商库装不上"),
        ("pkcs11:token=kms", "没有厂商库"),
        ("pkcs11:?module-path=" + MODULE, "没有令牌名"),
        ("pkcs11:token=kms?module-path=x&pin-value=1", "PIN 不能写在地址里"),
        ("pkcs11:token=kms;colour=red?module-path=x", "“colour”不认识"),
        ("pkcs11:token?module-path=x", "读不懂"),
    ],
)
def test_an_address_that_leads_nowhere_is_told(tokens: Path, uri: str, told: str) -> None:
    with pytest.raises(BadInput, match=told):
        open_vault(uri, PIN)
