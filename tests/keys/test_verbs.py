"""What a vault gives out, compared with the plain functions over the same known keys."""

from __future__ import annotations

import pickle
import traceback

import numpy as np
import pytest

from samkeeper.errors import BadInput, Refused
from samkeeper.keys import diversify, mac
from samkeeper.keys.algorithms import Algorithm, Purpose
from samkeeper.keys.check_value import check_value
from samkeeper.keys.cipher import decrypt_blocks
from samkeeper.keys.protocol import KeyPath, KeyVault, Wrapped
from samkeeper.keys.secret import Secret

ROOT = bytes.fromhex("00112233445566778899AABBCCDDEEFF")
TRANSPORT = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")
JIEYANG = (diversify.province_factor("445200"), diversify.city_factor("445200"))
CARD = bytes.fromhex("0011223344556677")
CARDS = pytest.mark.parametrize("algorithm", [Algorithm.DES3, Algorithm.SM4])


def stocked(vault: KeyVault, algorithm: Algorithm) -> KeyVault:
    split = Secret(bytes(range(16)))
    vault.import_components("root", algorithm, [split, Secret(xor(ROOT, split.reveal()))])
    vault.import_components(
        "transport", algorithm, [split, Secret(xor(TRANSPORT, split.reveal()))], purpose=Purpose.WRAP
    )
    return vault


def xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


@CARDS
def test_check_value_follows_the_path(vault: KeyVault, algorithm: Algorithm) -> None:
    stocked(vault, algorithm)
    card = diversify.diversify(algorithm, ROOT, *JIEYANG, CARD)
    assert vault.check_value("root") == check_value(algorithm, ROOT)
    assert vault.check_value(KeyPath("root", (*JIEYANG, CARD))) == check_value(algorithm, card)
    rows = np.frombuffer(CARD, np.uint8).reshape(1, 8)
    assert vault.check_values(KeyPath("root", JIEYANG), rows).tobytes() == check_value(algorithm, card)


@CARDS
@pytest.mark.parametrize("header", [b"", bytes(5), bytes(10)])
def test_a_wrapped_key_opens_under_the_transport_key_only(vault: KeyVault, algorithm: Algorithm, header: bytes) -> None:
    stocked(vault, algorithm)
    path = KeyPath("root", (*JIEYANG, CARD))
    wrapped = vault.wrap(path, under="transport", header=header)
    plain = decrypt_blocks(algorithm, TRANSPORT, wrapped.cryptogram)
    key = diversify.diversify(algorithm, ROOT, *path.factors)
    assert plain[: 17 + len(header)] == bytes([16 + len(header)]) + header + key
    assert plain[17 + len(header) :].rstrip(b"\x00") in (b"", b"\x80")
    assert wrapped.check_value == check_value(algorithm, key)


@CARDS
def test_what_one_label_wraps_another_takes_in(vault: KeyVault, algorithm: Algorithm) -> None:
    stocked(vault, algorithm)
    under = KeyPath("transport", (CARD,))
    wrapped = vault.wrap(KeyPath("root", JIEYANG[:1]), under=under, header=bytes(10))
    vault.import_wrapped("province", algorithm, wrapped, under=under)
    below = KeyPath("province", (JIEYANG[1], CARD))
    assert vault.check_value(below) == vault.check_value(KeyPath("root", (*JIEYANG, CARD)))


@CARDS
def test_a_wrapped_key_with_another_check_value_is_not_taken_in(vault: KeyVault, algorithm: Algorithm) -> None:
    stocked(vault, algorithm)
    wrapped = vault.wrap(KeyPath("root", JIEYANG), under="transport")
    with pytest.raises(Refused, match="校验值不符"):
        vault.import_wrapped("city", algorithm, Wrapped(wrapped.cryptogram, b"\0\0\0"), under="transport")
    with pytest.raises(BadInput, match="长度不对"):
        vault.import_wrapped("city", algorithm, Wrapped(b"1234567", b"\0\0\0"), under="transport")
    assert [key.label for key in vault.list()] == ["root", "transport"]


@CARDS
def test_many_wrapped_keys_are_the_single_ones(vault: KeyVault, algorithm: Algorithm) -> None:
    stocked(vault, algorithm)
    factors = np.arange(80, dtype=np.uint8).reshape(10, 8)
    rows = vault.derive_wrapped(KeyPath("root", JIEYANG), factors, under="transport", header=bytes(5))
    for row, factor in zip(rows, factors, strict=True):
        path = KeyPath("root", (*JIEYANG, factor.tobytes()))
        assert row.tobytes() == vault.wrap(path, under="transport", header=bytes(5)).cryptogram


@CARDS
def test_a_cryptogram_answers_its_challenge_only(vault: KeyVault, algorithm: Algorithm) -> None:
    stocked(vault, algorithm)
    path, random, challenge = KeyPath("root", (*JIEYANG, CARD)), bytes(range(8)), bytes(range(8, 16))
    key = diversify.diversify(algorithm, ROOT, *path.factors)
    session = diversify.session_key(algorithm, key, random)
    answer = vault.cryptogram(path, random, challenge)
    assert answer == diversify.authentication_cryptogram(algorithm, session, challenge)
    assert vault.check_cryptogram(path, random, challenge, answer)
    assert not vault.check_cryptogram(path, challenge, random, answer)


@CARDS
def test_a_mac_is_that_of_the_path(vault: KeyVault, algorithm: Algorithm) -> None:
    stocked(vault, algorithm)
    path, iv, data = KeyPath("transport", (CARD,)), bytes.fromhex("A1B2C3D4"), b"\x84\xd4\x00\x00\x1c" + bytes(24)
    code = vault.mac(path, data, iv)
    assert code == mac.short_mac(algorithm, diversify.diversify(algorithm, TRANSPORT, CARD), data, iv)
    assert vault.check_mac(path, data, code, iv)
    assert not vault.check_mac(path, data, code)
    rows = np.frombuffer(CARD, np.uint8).reshape(1, 8)
    given = np.frombuffer(vault.mac(KeyPath("root", (CARD,)), data), np.uint8).reshape(1, 4)
    assert vault.check_macs("root", rows, np.frombuffer(data, np.uint8).reshape(1, -1), given).all()


@pytest.mark.parametrize(
    ("algorithm", "value"),
    [
        (Algorithm.DES3, bytes(16)),
        (Algorithm.DES3, bytes(range(8)) * 2),
        (Algorithm.DES3, bytes(range(8)) + bytes(byte ^ 1 for byte in range(8))),
        (Algorithm.SM4, b"\xff" * 16),
    ],
)
def test_a_weak_key_is_not_taken_in(vault: KeyVault, algorithm: Algorithm, value: bytes) -> None:
    with pytest.raises(Refused):
        vault.import_components("root", algorithm, [Secret(bytes(16)), Secret(value)])


@pytest.mark.parametrize("components", [[ROOT], [ROOT, ROOT[:8]], []])
def test_components_must_be_two_and_whole(vault: KeyVault, components: list[bytes]) -> None:
    with pytest.raises(BadInput):
        vault.import_components("root", Algorithm.SM4, [Secret(part) for part in components])


def test_components_with_another_check_value_are_refused(vault: KeyVault) -> None:
    with pytest.raises(Refused, match="校验值不符"):
        vault.import_components("root", Algorithm.SM4, [Secret(ROOT), Secret(bytes(range(16)))], expected=b"\0\0\0")


def test_a_refused_import_shows_no_key_even_with_its_variables(vault: KeyVault) -> None:
    part = bytes(range(16))
    with pytest.raises(Refused) as caught:
        vault.import_components("root", Algorithm.DES3, [Secret(part), Secret(xor(ROOT, part))], expected=b"\0\0\0")
    shown = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert "expected" in shown
    for value in (ROOT, xor(ROOT, part)):
        assert repr(value)[2:-1] not in shown
        assert value.hex() not in shown.lower()


def test_a_secret_shows_its_check_value_and_nothing_else() -> None:
    secret = Secret(ROOT, Algorithm.DES3)
    shown = [
        repr(secret),
        str(secret),
        f"{secret}",
        f"{secret:>60}",
        repr([secret]),
        repr({"k": secret}),
    ]
    for text in shown:
        assert "FB0975" in text
        assert ROOT.hex() not in text.lower()
        assert repr(ROOT) not in text
    assert repr(Secret(b"passphrase")) == "<Secret>"
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    with pytest.raises(TypeError):
        hash(secret)
