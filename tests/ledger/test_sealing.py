"""Checkpoints of a living ledger, and what a restored copy has to admit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection, transaction
from pytest_django import Settings

from samkeeper.errors import Fault, Refused
from samkeeper.keys.protocol import KeyVault
from samkeeper.ledger import checkpoint, commitments, queries, sealing, triggers
from samkeeper.ledger.append import Fact, append_all
from samkeeper.ledger.export import export
from samkeeper.ledger.models import Checkpoint, Entry, Head
from samkeeper.ledger.tree import verify_consistency
from samkeeper.ledger.verify import Fork, Misfit, verify_export

NOON = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)
NOON_STAMP = "2026-03-01T04:00:00.000000Z"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folder(settings: Settings, tmp_path: Path) -> None:
    settings.VAR = tmp_path / "var"


def record(count: int) -> list[Entry]:
    facts = [Fact("card:move", f"card{number}", {"number": number}) for number in range(count)]
    with transaction.atomic():
        return append_all(facts, recorded=NOON)


def keys(vault: KeyVault) -> checkpoint.Keys:
    return checkpoint.public_keys(vault.public_key("sign").to_pem().encode())


def test_seal_signs_the_head(vault: KeyVault) -> None:
    record(5)
    signed = sealing.seal(vault, at=LATER)
    stands = queries.status()
    assert signed.holds(keys(vault))
    assert signed.checkpoint == checkpoint.Checkpoint(stands.origin, 0, 5, stands.root, LATER)
    assert stands.sealed == signed


def test_seal_makes_one_checkpoint_a_size(vault: KeyVault) -> None:
    record(5)
    first = sealing.seal(vault, at=NOON)
    assert sealing.seal(vault, at=LATER) == first
    assert Checkpoint.objects.count() == 1


def test_seal_is_never_earlier_than_the_entries(vault: KeyVault) -> None:
    record(1)
    assert sealing.seal(vault, at=NOON - timedelta(days=1)).checkpoint.time == NOON


def test_seal_of_nothing_is_refused(vault: KeyVault) -> None:
    with pytest.raises(Refused, match="还没有条目"):
        sealing.seal(vault, at=NOON)


def test_root_at_is_what_was_signed_then(vault: KeyVault) -> None:
    signed = []
    for count in (1, 2, 4, 6, 7):
        record(count)
        signed.append(sealing.seal(vault, at=NOON).checkpoint)
    assert [queries.root_at(one.size) for one in signed] == [one.root for one in signed]
    for old in signed:
        path = queries.prove_consistency(queries.checkpoint_at(old.size), queries.checkpoint_at(20)).path
        assert verify_consistency(old.size, 20, old.root, signed[-1].root, path)


def test_prove_inclusion_of_every_entry(vault: KeyVault) -> None:
    record(13)
    signed = sealing.seal(vault, at=NOON)
    record(4)
    for seq in range(1, 14):
        assert queries.prove_inclusion(seq, signed).fault(keys(vault)) is None
    with pytest.raises(Refused, match="没有第 14 条"):
        queries.prove_inclusion(14, signed)


def test_checkpoint_at_names_its_neighbours(vault: KeyVault) -> None:
    for _ in range(2):
        record(5)
        sealing.seal(vault, at=NOON)
    with pytest.raises(Refused, match="最近的检查点：5、10"):
        queries.checkpoint_at(7)
    with pytest.raises(Refused, match="晚于检查点 5"):
        queries.prove_consistency(queries.checkpoint_at(10), queries.checkpoint_at(5))


def test_export_of_a_size_is_the_same_for_ever(vault: KeyVault, tmp_path: Path) -> None:
    record(7)
    sealing.seal(vault, at=NOON)
    export(tmp_path / "then", 7)
    record(5)
    sealing.seal(vault, at=LATER)
    export(tmp_path / "now", 7)
    names = ["checkpoints.jsonl", "entries.jsonl", "public-key.pem", "tree"]
    assert [file.name for file in sorted((tmp_path / "then").iterdir())] == names
    assert all((tmp_path / "then" / name).read_bytes() == (tmp_path / "now" / name).read_bytes() for name in names)
    assert verify_export(tmp_path / "now", keys(vault)).newest.checkpoint.size == 7


def test_export_leaves_nothing_behind_when_it_fails(vault: KeyVault, tmp_path: Path) -> None:
    record(3)
    sealing.seal(vault, at=NOON)
    (tmp_path / "there").mkdir()
    with pytest.raises(Refused, match="已经存在"):
        export(tmp_path / "there", 3)
    with pytest.raises(Refused, match="不能写入"):
        export(tmp_path / "none" / "there", 3)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "rename", full_disk)
        with pytest.raises(Fault, match="没有留下半份文件"):
            export(tmp_path / "full", 3)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["there", "var"]


def full_disk(*_: object) -> None:
    raise OSError(28, "No space left on device")


def lost(vault: KeyVault, size: int) -> checkpoint.Signed:
    """A checkpoint that this ledger once published, of entries that a restored backup does not have."""
    point = checkpoint.Checkpoint(Head.objects.get().origin, 0, size, bytes(32), NOON)
    return checkpoint.sign(point, vault)[0]


def test_published_and_kept_is_no_fork(vault: KeyVault) -> None:
    record(5)
    sealing.seal(vault, at=NOON)
    record(2)
    assert sealing.check_published(at=LATER) is None


def test_nothing_published_is_no_fork() -> None:
    assert sealing.check_published(at=LATER) is None
    record(1)
    assert sealing.check_published(at=LATER) is None


@pytest.mark.parametrize("size", [9, 3])
def test_published_and_lost_is_admitted_once(vault: KeyVault, size: int) -> None:
    """Behind what was published, or holding something else in its place."""
    record(5)
    sealing.publish(lost(vault, size))
    fork = sealing.check_published(at=LATER)
    assert fork is not None
    assert (fork.seq, fork.kind, fork.epoch) == (6, "ledger:fork", 1)
    assert fork.body["kept"] == 5
    assert fork.body["published"] == {"epoch": 0, "root": "00" * 32, "size": size, "time": NOON_STAMP}
    assert sealing.check_published(at=LATER) is None
    assert [entry.epoch for entry in record(1)] == [1]


def test_checkpoint_of_another_ledger_says_nothing_here(vault: KeyVault) -> None:
    record(1)
    stranger = checkpoint.Checkpoint("another", 0, 9, bytes(32), NOON)
    with pytest.raises(Refused, match="另一本账"):
        sealing.admit_fork(checkpoint.sign(stranger, vault)[0], at=LATER)


def test_start_looks_for_forks_and_for_triggers(vault: KeyVault) -> None:
    record(5)
    assert sealing.start(at=LATER) is None
    sealing.publish(lost(vault, 9))
    assert sealing.start(at=LATER) is not None
    triggers.remove(connection, triggers.TRIGGERS)
    with pytest.raises(Fault, match=r"ledger_entry_gapless.*请先运行 samkeeper manage migrate"):
        sealing.start(at=LATER)
    triggers.install(connection, triggers.TRIGGERS)


def test_publish_on_a_full_disk_changes_nothing(vault: KeyVault) -> None:
    record(1)
    signed = sealing.seal(vault, at=NOON)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "replace", full_disk)
        with pytest.raises(Fault, match="No space left"):
            sealing.publish(lost(vault, 9))
    folder = sealing.published_file(signed.checkpoint.origin).parent
    assert [file.name for file in folder.iterdir()] == [f"{signed.checkpoint.origin}.json"]
    assert sealing.published(signed.checkpoint.origin) == signed


def test_ledger_verifies_across_a_fork(vault: KeyVault, tmp_path: Path) -> None:
    record(4)
    sealing.seal(vault, at=NOON)
    record(1)
    sealing.publish(lost(vault, 9))
    signed = sealing.seal(vault, at=LATER)
    assert (signed.checkpoint.size, signed.checkpoint.epoch) == (6, 1)
    assert sealing.published(signed.checkpoint.origin) == signed
    export(tmp_path / "export", 6)
    assert list(verify_export(tmp_path / "export", keys(vault)).forks) == [Fork(5, 1)]


def test_publish_never_goes_back(vault: KeyVault) -> None:
    record(1)
    newer, older = lost(vault, 9), lost(vault, 8)
    sealing.publish(newer)
    sealing.publish(older)
    assert sealing.published(newer.checkpoint.origin) == newer


def test_damaged_published_file_stops_the_office(vault: KeyVault) -> None:
    record(1)
    origin = sealing.seal(vault, at=NOON).checkpoint.origin
    sealing.published_file(origin).write_text("{}")
    with pytest.raises(Fault, match="已损坏"):
        sealing.check_published(at=LATER)


def test_entry_changed_in_the_database_is_found_by_verify(vault: KeyVault, tmp_path: Path) -> None:
    """Whoever switches the triggers off still cannot sign."""
    record(8)
    triggers.remove(connection, triggers.TRIGGERS)
    Entry.objects.filter(seq=3).update(subject="card99")
    triggers.install(connection, triggers.TRIGGERS)
    sealing.seal(vault, at=NOON)
    export(tmp_path / "export", 8)
    with pytest.raises(Misfit, match="第 3 条与 tree 文件中的散列不符"):
        verify_export(tmp_path / "export", keys(vault))


def test_commitment_outlives_its_salt() -> None:
    made = commitments.commit({"name": "张三"})
    assert commitments.opens(made, {"name": "张三"})
    assert not commitments.opens(made, {"name": "李四"})
    assert commitments.commit({"name": "张三"}) != made
    commitments.forget(made)
    assert not commitments.opens(made, {"name": "张三"})
