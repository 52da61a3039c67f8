"""The ledger beside the least that could be done: `python -m benchmarks.ledger [ENTRIES]`.

Verifying an export beside hashing the same lines with SM3 and nothing else; appending beside bare INSERTs of the very
same rows into a table without triggers, one transaction each, on SQLite and on a PostgreSQL that syncs. Rounds take
turns, so what counts on a shared machine is the median of ratios.
"""

# ruff: noqa: PLC0415  # models cannot be imported before the settings name a database
from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import django

from samkeeper.keys.algorithms import Algorithm
from samkeeper.keys.secret import Secret
from samkeeper.keys.vault import create_vault
from samkeeper.ledger import checkpoint, entry, verify
from samkeeper.ledger.tree import Frontier, leaf_hash
from tests.postgres import cluster

ENTRIES = 1_000_000
ROUNDS, TRANSACTIONS = 5, 200
START = datetime(2026, 3, 1, tzinfo=UTC)
BODY = {
    "at": "2026-03-01T01:30:00+00:00",
    "basis": "case:1024",
    "book": "c0ffee00" * 8,
    "clause": "北京市社会保障卡PSAM卡管理实施细则 第八条（三）",
    "device": "",
    "from": "suspended",
    "institution": "11010100001",
    "move": "cancel",
    "permissions": -1,
    "reason": "lost",
    "to": "cancelled",
}


def main(words: Sequence[str] = ()) -> None:
    if list(words) == ["append"]:
        appending()
        return
    with tempfile.TemporaryDirectory() as folder:
        verifying(Path(folder), int(words[0]) if words else ENTRIES)
        again(f"sqlite:///{folder}/ledger.sqlite3", folder)
        with cluster(durable=True) as url:
            again(url, folder)


def again(url: str, folder: str) -> None:
    """The appends in a process of their own, since Django knows one database a process."""
    environment = {**os.environ, "SAMKEEPER_DATABASE_URL": url, "SAMKEEPER_VAR": folder}
    subprocess.run([sys.executable, "-m", "benchmarks.ledger", "append"], check=True, env=environment)


def verifying(folder: Path, count: int) -> None:
    """One export of `count` entries, verified; then its lines hashed and nothing else."""
    with create_vault(folder / "vault", Secret(b"benchmark")) as vault:
        vault.generate("sign", Algorithm.SM2)
        keys = {vault.public_key("sign").fingerprint: vault.public_key("sign")}
        write(folder / "export", count, vault)
    whole = seconds(lambda: verify.verify_export(folder / "export", keys))
    plain = seconds(lambda: hash_lines(folder / "export" / verify.ENTRIES))
    print(f"verify: {count} entries in {whole:.1f} s, {count / whole:.0f} entries/s")
    print(f"        hashing the same lines: {plain:.1f} s; verify takes {whole / plain:.1f} times that")


def write(folder: Path, count: int, vault: checkpoint.Signer) -> None:
    """An export as `ledger export` writes it, with a checkpoint every tenth of the way."""
    folder.mkdir()
    frontier, signed = Frontier(), []
    moment = entry.stamp(START)
    with (folder / verify.ENTRIES).open("wb") as lines, (folder / verify.TREE).open("wb") as tree:
        for seq in range(1, count + 1):
            line = entry.Entry(BODY, 0, "card:move", moment, seq, f"{seq % 5000:012X}").line()
            lines.write(line + b"\n")
            tree.write(b"".join(frontier.append(leaf_hash(line))))
            if seq % -(-count // 10) == 0 or seq == count:
                point = checkpoint.Checkpoint("benchmark", 0, seq, frontier.root(), START)
                signed.append(checkpoint.sign(point, vault)[0].line() + b"\n")
    (folder / verify.CHECKPOINTS).write_bytes(b"".join(signed))


def hash_lines(file: Path) -> None:
    with file.open("rb") as lines:
        for line in lines:
            leaf_hash(line[:-1])


def appending() -> None:
    """Appends and bare INSERTs of the same rows, turn by turn, one and a hundred a transaction."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "samkeeper.site.settings"
    django.setup()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    bare_table(connection)
    for size, transactions in ((1, TRANSACTIONS), (100, TRANSACTIONS // 20)):
        compare(connection, size, transactions)


def bare_table(connection: Any) -> None:
    """The ledger's columns and index, and nothing that guards them."""
    kinds = ("timestamptz", "jsonb", "bytea") if connection.vendor == "postgresql" else ("datetime", "text", "blob")
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TABLE bare (seq bigint PRIMARY KEY, kind varchar(64), subject varchar(64), "
            f"recorded_at {kinds[0]}, epoch integer, body {kinds[1]}, nodes {kinds[2]})"
        )
        cursor.execute("CREATE INDEX bare_subject ON bare (subject)")


def compare(connection: Any, size: int, transactions: int) -> None:
    """The medians over all rounds."""
    ratios, rates = [], []
    for _ in range(ROUNDS):
        before = newest()
        ours = seconds(partial(append_rounds, size, transactions))
        bare = seconds(partial(insert_rounds, connection, rows_since(before), size))
        ratios.append(bare / ours)
        rates.append(size * transactions / ours)
    print(
        f"append: {connection.vendor}, {size} a transaction: {statistics.median(rates):.0f} entries/s, "
        f"{statistics.median(ratios):.2f} times the rate of bare INSERTs"
    )


def newest() -> int:
    from samkeeper.ledger.models import Head

    return sum(head.size for head in Head.objects.all())


def append_rounds(size: int, transactions: int) -> None:
    from django.db import transaction

    from samkeeper.ledger.append import Fact, append_all

    for _ in range(transactions):
        with transaction.atomic():
            append_all([Fact("card:move", f"{number:012X}", BODY) for number in range(size)], recorded=START)


def rows_since(seq: int) -> list[tuple[Any, ...]]:
    """What was just appended, ready for bare INSERTs."""
    from samkeeper.ledger.models import Entry

    return [
        (one.seq, one.kind, one.subject, one.recorded_at, one.epoch, entry.canonical(one.body).decode(), one.nodes)
        for one in Entry.objects.filter(seq__gt=seq)
    ]


def insert_rounds(connection: Any, rows: list[tuple[Any, ...]], size: int) -> None:
    from django.db import transaction

    one = "(%s, %s, %s, %s, %s, %s, %s)"
    for start in range(0, len(rows), size):
        part = rows[start : start + size]
        with transaction.atomic(), connection.cursor() as cursor:
            values = [value for row in part for value in row]
            cursor.execute(f"INSERT INTO bare VALUES {', '.join([one] * len(part))}", values)


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    main(sys.argv[1:])
