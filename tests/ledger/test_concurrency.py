"""Many writers at once, and writers killed at work: the record stays gapless and agrees with itself."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import chain, pairwise
from pathlib import Path

import pytest
from django.db import connection, transaction

from samkeeper.ledger import tree
from samkeeper.ledger.append import append
from samkeeper.ledger.models import Entry, Head
from tests.ledger.database import database_url

ROOT = Path(__file__).parents[2]
WRITERS, ROUNDS = 8, 20
KILLS = 3


def consistent() -> list[Entry]:
    """Every entry, after seeing that they are gapless, in order, and what the head says they are."""
    with transaction.atomic():  # one snapshot: a killed writer's last commit may still be arriving
        head = Head.objects.select_for_update().get()
        entries = list(Entry.objects.all())
    frontier = tree.Frontier()
    for seq, entry in enumerate(entries, 1):
        assert entry.seq == seq
        assert bytes(entry.nodes) == b"".join(frontier.append(tree.leaf_hash(entry.line())))
    assert all(older.recorded_at <= newer.recorded_at for older, newer in pairwise(entries))
    assert (head.size, head.frontier().root()) == (len(entries), frontier.root())
    return entries


def write(name: str) -> list[int]:
    """Twenty transactions in a thread of its own, every fifth rolled back; the numbers that were committed."""
    committed = []
    try:
        for round_ in range(ROUNDS):
            with transaction.atomic():
                entry = append("card:move", name, {"round": round_}, recorded=datetime.now(UTC))
                if round_ % 5 == 4:
                    transaction.set_rollback(True)
                else:
                    committed.append(entry.seq)
    finally:
        connection.close()
    return committed


@pytest.mark.django_db(transaction=True)
def test_concurrent_writers_leave_no_gap() -> None:
    """Also the first entry ever, which all of them want to write."""
    with ThreadPoolExecutor(WRITERS) as pool:
        committed = list(pool.map(write, [f"writer{number}" for number in range(WRITERS)]))
    entries = consistent()
    assert sorted(chain.from_iterable(committed)) == [entry.seq for entry in entries]
    for number, numbers in enumerate(committed):
        assert numbers == [entry.seq for entry in entries if entry.subject == f"writer{number}"]


def start(name: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "SAMKEEPER_DATABASE_URL": database_url()}
    command = [sys.executable, "-m", "tests.ledger.writer", name]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)


def killed(writer: subprocess.Popen[str]) -> list[tuple[int, int]]:
    """What the writer said it had committed, up to the moment it was killed."""
    assert writer.stdout is not None
    first = writer.stdout.readline()
    time.sleep(random.uniform(0, 0.1))
    writer.kill()
    lines = [first, *writer.stdout.readlines()]
    writer.wait()
    numbers = [line.split() for line in lines if line.endswith("\n")]
    return [(int(seq), int(round_)) for seq, round_ in numbers]


@pytest.mark.django_db(transaction=True)
def test_killed_writers_leave_a_whole_ledger() -> None:
    """SIGKILL at random instants: nothing acknowledged is lost, no transaction is half there."""
    for kill in range(KILLS):
        writers = [start(f"writer{kill}-{number}") for number in range(2)]
        said = [killed(writer) for writer in writers]
        entries = consistent()
        for number, numbers in enumerate(said):
            mine = {entry.seq: entry for entry in entries if entry.subject == f"writer{kill}-{number}"}
            assert numbers
            assert all(mine[seq].body["round"] == round_ for seq, round_ in numbers)
            whole = {entry.body["round"] for entry in mine.values() if entry.body["part"] == 0}
            assert whole == set(range(len(whole)))
            assert len(numbers) <= len(whole) <= len(numbers) + 1
