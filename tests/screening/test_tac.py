"""TACs computed here one by one with OpenSSL, checked there in bulk through a real vault."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import SM4

from samkeeper.errors import BadInput
from samkeeper.keys.algorithms import Algorithm
from samkeeper.keys.secret import Secret
from samkeeper.keys.vault import create_vault
from tests.screening import made

ROOT = bytes.fromhex("0123456789ABCDEFFEDCBA9876543211")
MASK = bytes(range(0x31, 0x41))
FACTOR = "1122334455667788"
WHEN = dt.datetime(2024, 3, 1, 15, 59, 58, tzinfo=dt.UTC)  # 23:59:58 in Shanghai


def encrypt(cipher: Any, data: bytes) -> bytes:
    step = Cipher(cipher, modes.ECB()).encryptor()
    return bytes(step.update(data) + step.finalize())


def chained(block_cipher: Any, size: int, data: bytes) -> bytes:
    data += b"\x80" + bytes(-(len(data) + 1) % size)
    value = bytes(size)
    for place in range(0, len(data), size):
        value = block_cipher(bytes(a ^ b for a, b in zip(value, data[place : place + size], strict=True)))
    return value[:4]


def tac(algorithm: Algorithm, row: dict[str, Any], factor: str = FACTOR) -> str:
    local = row["txn_time"].astimezone(ZoneInfo("Asia/Shanghai"))
    kind = 6 if row["txn_type"] is None else row["txn_type"]
    message = (
        row["amount_fen"].to_bytes(4, "big")
        + bytes([kind])
        + bytes.fromhex(row["sam_no"])
        + row["terminal_seq"].to_bytes(4, "big")
        + bytes.fromhex(local.strftime("%Y%m%d%H%M%S"))
    )
    spread = bytes.fromhex(factor)
    both = spread + bytes(byte ^ 0xFF for byte in spread)
    if algorithm is Algorithm.SM4:
        key = encrypt(SM4(ROOT), both)
        return chained(lambda block: encrypt(SM4(key), block), 16, message).hex()
    key = encrypt(TripleDES(ROOT + ROOT[:8]), both)
    half = bytes(a ^ b for a, b in zip(key[:8], key[8:], strict=True))
    return chained(lambda block: encrypt(TripleDES(half * 3), block), 8, message).hex()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "secret").write_text("a long enough secret for tests")
    monkeypatch.setenv("SAMKEEPER_VAULT_SECRET_FILE", str(tmp_path / "secret"))
    cards = [
        made.period(made.SAMS[0], made.at(0), event_id=7),
        made.period(made.SAMS[1], made.at(0), state="cancelled"),
    ]
    made.write_history(cards, tmp_path / "history.parquet")
    return tmp_path


def vault(folder: Path, algorithm: Algorithm) -> str:
    with create_vault(folder / "dev.vault") as made_vault:
        made_vault.import_components("tac", algorithm, [Secret(MASK), Secret(bytes(map(int.__xor__, ROOT, MASK)))])
    return str(folder / "dev.vault")


def signed(algorithm: Algorithm, **facts: Any) -> dict[str, Any]:
    row = made.transaction(made.SAMS[0], WHEN, terminal_seq=9, txn_type=None, card_factor=FACTOR) | facts
    return row | {"tac": tac(algorithm, row)}


def write(folder: Path, rows: list[dict[str, Any]]) -> Path:
    extra = [("txn_type", pa.int32()), ("tac", pa.string()), ("card_factor", pa.string())]
    schema = pa.schema([*made.TRANSACTIONS, *(pa.field(*column) for column in extra)])
    numbered = [row | {"txn_id": f"t{number}"} for number, row in enumerate(rows)]
    pq.write_table(pa.Table.from_pylist(numbered, schema), folder / "batch.parquet")
    return folder / "batch.parquet"


@pytest.mark.parametrize("algorithm", [Algorithm.DES3, Algorithm.SM4])
def test_a_tac_that_the_key_does_not_confirm_is_counterfeit(folder: Path, algorithm: Algorithm) -> None:
    good = signed(algorithm)
    rows = [
        good,
        good | {"tac": good["tac"].upper(), "terminal_seq": 9},
        signed(algorithm, txn_type=9, terminal_seq=2**32 - 1, amount_fen=2**32 - 1),
        good | {"amount_fen": 101},
        good | {"txn_time": WHEN + dt.timedelta(seconds=1)},
        good | {"terminal_seq": 10},
        good | {"txn_type": 9},
        good | {"card_factor": "1122334455667789"},
        signed(algorithm, sam_no=made.SAMS[1]) | {"tac": "00000000"},
    ]
    made.run(folder, write(folder, rows), keys=vault(folder, algorithm))
    assert [row["verdict"] for row in made.read(folder, "verdicts")] == ["accepted"] * 3 + ["counterfeit"] * 6
    assert made.read(folder, "verdicts")[3]["event_id"] == 7


def test_what_cannot_be_checked_is_flagged_or_left_alone(folder: Path) -> None:
    good = signed(Algorithm.SM4, terminal_seq=1)
    rows = [
        good | {"card_factor": None},
        good | {"terminal_seq": None},
        good | {"tac": None},
        good | {"card_factor": None, "institution_no": "H2"},
    ]
    made.run(folder, write(folder, rows), keys=vault(folder, Algorithm.SM4))
    told = [(row["verdict"], row["flag"]) for row in made.read(folder, "verdicts")]
    assert told == [
        ("accepted", "tac_unchecked"),
        ("accepted", "tac_unchecked"),
        ("accepted", "clone"),
        ("foreign", "clone+tac_unchecked"),
    ]


def test_without_keys_no_tac_is_checked(folder: Path) -> None:
    rows = [
        signed(Algorithm.SM4) | {"tac": "00000000"},
        signed(Algorithm.SM4) | {"amount_fen": 2**32, "terminal_seq": 10},
    ]
    manifest = made.run(folder, write(folder, rows))
    assert manifest["counts"]["accepted"] == 2
    assert manifest["flags"]["tac_unchecked"] == 0


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"tac": "123"}, "tac 不是8位"),
        ({"card_factor": "zz22334455667788"}, "card_factor 不是16位"),
        ({"amount_fen": 2**32}, "超过4294967295分"),
        ({"txn_type": 256}, "不在0至255"),
    ],
)
def test_what_no_tac_can_be_computed_over_is_malformed(folder: Path, facts: dict[str, Any], words: str) -> None:
    batch = write(folder, [signed(Algorithm.SM4), signed(Algorithm.SM4, terminal_seq=10) | facts])
    manifest = made.run(folder, batch, keys=vault(folder, Algorithm.SM4))
    assert manifest["quarantined"] == 1
    assert words in made.read(folder, "quarantine")[0]["reason"]


def test_a_vault_without_the_key_is_refused_before_anything_is_judged(folder: Path) -> None:
    create_vault(folder / "dev.vault").close()
    with pytest.raises(BadInput, match="tac"):
        made.run(folder, write(folder, [signed(Algorithm.SM4)]), keys=str(folder / "dev.vault"))
