"""Every kind of change to an export is found, and the first entry that does not fit is named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from samkeeper.errors import BadInput
from samkeeper.keys.protocol import KeyVault
from samkeeper.ledger.checkpoint import Keys
from samkeeper.ledger.entry import Entry
from samkeeper.ledger.tree import Frontier, leaf_hash
from samkeeper.ledger.verify import Fork, Misfit, read_keys, verify_export
from tests.ledger import plain

COUNT, SEALS = 21, (8, 13, 21)


@pytest.fixture
def keys(public_key: Path) -> Keys:
    return read_keys(public_key)


@pytest.fixture
def folder(tmp_path: Path, vault: KeyVault) -> Path:
    plain.write(tmp_path / "export", plain.entries(COUNT), SEALS, vault)
    return tmp_path / "export"


def rewrite(file: Path, change: Callable[[list[bytes]], object]) -> None:
    """Change a file's lines in place."""
    lines = file.read_bytes().splitlines(keepends=True)
    change(lines)
    file.write_bytes(b"".join(lines))


def test_verify_accepts_a_whole_export(folder: Path, keys: Keys) -> None:
    report = verify_export(folder, keys)
    assert (report.newest.checkpoint.size, report.checkpoints, list(report.forks)) == (COUNT, 3, [])


def test_verify_says_how_far_it_is(folder: Path, keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("samkeeper.ledger.verify.STEP", 10)
    told: list[tuple[int, int]] = []
    verify_export(folder, keys, lambda *far: told.append(far))
    assert told == [(10, COUNT), (20, COUNT)]


def test_verify_accepts_a_fork_that_is_admitted(tmp_path: Path, vault: KeyVault, keys: Keys) -> None:
    plain.write(tmp_path / "forked", plain.entries(9, forks=[4, 8]), [3, 5, 9], vault)
    assert list(verify_export(tmp_path / "forked", keys).forks) == [Fork(3, 1), Fork(7, 2)]


def edit(lines: list[bytes]) -> None:
    lines[4] = lines[4].replace(b"issued", b"in_stock")


def swap(lines: list[bytes]) -> None:
    lines[4], lines[5] = lines[5], lines[4]


def remove(lines: list[bytes]) -> None:
    del lines[4]


def repeat(lines: list[bytes]) -> None:
    lines.insert(4, lines[3])


def respace(lines: list[bytes]) -> None:
    lines[4] = lines[4].replace(b":", b": ")


def garble(lines: list[bytes]) -> None:
    lines[4] = b"\xff\xfe\n"


def empty_line(lines: list[bytes]) -> None:
    lines.insert(4, b"\n")


def endless_line(lines: list[bytes]) -> None:
    lines[4] = b"[" * 200_000 + b"\n"


@pytest.mark.parametrize("change", [edit, swap, remove, repeat, respace, garble, empty_line, endless_line])
def test_verify_names_the_first_changed_line(folder: Path, keys: Keys, change: Callable[[list[bytes]], None]) -> None:
    rewrite(folder / "entries.jsonl", change)
    with pytest.raises(Misfit, match="第 5 条") as found:
        verify_export(folder, keys)
    assert found.value.seq == 5


def append_line(lines: list[bytes]) -> None:
    lines.append(plain.entry(COUNT + 1).line() + b"\n")


def cut_lines(lines: list[bytes]) -> None:
    del lines[18:]


def cut_within(lines: list[bytes]) -> None:
    lines[18:] = [lines[18][:40]]


def cut_newline(lines: list[bytes]) -> None:
    lines[-1] = lines[-1].rstrip()


def cut_all(lines: list[bytes]) -> None:
    lines.clear()


@pytest.mark.parametrize(
    ("change", "seq"), [(append_line, 22), (cut_lines, 19), (cut_within, 19), (cut_newline, 21), (cut_all, 1)]
)
def test_verify_names_where_the_end_is_wrong(
    folder: Path, keys: Keys, change: Callable[[list[bytes]], None], seq: int
) -> None:
    rewrite(folder / "entries.jsonl", change)
    with pytest.raises(Misfit, match=f"第 {seq} 条") as found:
        verify_export(folder, keys)
    assert found.value.seq == seq


@pytest.mark.parametrize(
    ("change", "seq"), [(lambda tree: tree[:-1], 21), (lambda tree: tree[:200], 4), (lambda tree: tree + b"x", 22)]
)
def test_verify_finds_a_tree_of_the_wrong_length(
    folder: Path, keys: Keys, change: Callable[[bytes], bytes], seq: int
) -> None:
    file = folder / "tree"
    file.write_bytes(change(file.read_bytes()))
    with pytest.raises(Misfit, match="tree") as found:
        verify_export(folder, keys)
    assert found.value.seq == seq


def rebuilt(folder: Path, lines: list[Entry]) -> None:
    """What a forger without the key can do: entries and tree rewritten to fit each other."""
    frontier = Frontier()
    nodes = [node for line in lines for node in frontier.append(leaf_hash(line.line()))]
    (folder / "entries.jsonl").write_bytes(b"".join(line.line() + b"\n" for line in lines))
    (folder / "tree").write_bytes(b"".join(nodes))


def test_verify_finds_entries_and_tree_rewritten_together(folder: Path, keys: Keys) -> None:
    lines = plain.entries(COUNT)
    lines[9] = lines[9]._replace(subject="card99")
    rebuilt(folder, lines)
    with pytest.raises(Misfit, match="第 9 至 13 条中有改动") as found:
        verify_export(folder, keys)
    assert found.value.seq == 9


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("recorded_at", "2026-02-28T00:00:00.000000Z", "早于上一条"),
        ("epoch", 1, "纪元应为 0"),
        ("kind", "ledger:fork", "纪元应为 1"),
    ],
)
def test_verify_holds_the_ledger_to_its_own_rules(
    tmp_path: Path, vault: KeyVault, keys: Keys, field: str, value: object, why: str
) -> None:
    """Even what is signed and hashes well must keep the clock and the epochs."""
    lines = plain.entries(9)
    lines[4] = lines[4]._replace(**{field: value})
    plain.write(tmp_path / "odd", lines, [9], vault)
    with pytest.raises(Misfit, match=f"第 5 条.*{why}"):
        verify_export(tmp_path / "odd", keys)


def test_verify_refuses_a_strangers_key(folder: Path, other_vault: KeyVault, tmp_path: Path) -> None:
    file = tmp_path / "stranger.pem"
    file.write_text(other_vault.public_key("sign").to_pem())
    with pytest.raises(Misfit, match="检查点 8 的签名与所给公钥不符"):
        verify_export(folder, read_keys(file))


def test_verify_takes_two_keys_after_a_change_of_key(
    folder: Path, tmp_path: Path, vault: KeyVault, other_vault: KeyVault, keys: Keys
) -> None:
    plain.write(tmp_path / "later", plain.entries(COUNT), [COUNT], other_vault)
    newer = (tmp_path / "later" / "checkpoints.jsonl").read_bytes()
    rewrite(folder / "checkpoints.jsonl", lambda lines: lines.__setitem__(2, newer))
    both = tmp_path / "both.pem"
    both.write_text(other_vault.public_key("sign").to_pem() + vault.public_key("sign").to_pem())
    assert verify_export(folder, read_keys(both)).checkpoints == 3
    with pytest.raises(Misfit, match="检查点 21 的签名"):
        verify_export(folder, keys)


def flip(lines: list[bytes]) -> None:
    lines[1] = lines[1].replace(b'"size":13', b'"size":12')


def forge(lines: list[bytes]) -> None:
    lines[1] = lines[1].replace(b'"signature":"30', b'"signature":"31')


def relabel(lines: list[bytes]) -> None:
    lines[1] = lines[1].replace(b'"origin":"test"', b'"origin":"else"')


def garble_checkpoint(lines: list[bytes]) -> None:
    lines[1] = b"{}\n"


def swap_checkpoints(lines: list[bytes]) -> None:
    lines.reverse()


def no_checkpoints(lines: list[bytes]) -> None:
    lines.clear()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (flip, "检查点 12 的签名"),
        (forge, "检查点 13 的签名"),
        (relabel, "检查点 13 的签名"),
        (garble_checkpoint, "checkpoints.jsonl 第 2 行不是检查点"),
        (swap_checkpoints, "checkpoints.jsonl 第 2 行与上一行不相接"),
        (no_checkpoints, "没有检查点"),
    ],
)
def test_verify_finds_a_changed_checkpoint(
    folder: Path, keys: Keys, change: Callable[[list[bytes]], None], why: str
) -> None:
    rewrite(folder / "checkpoints.jsonl", change)
    with pytest.raises(Misfit, match=why):
        verify_export(folder, keys)


def test_verify_finds_a_signed_checkpoint_of_other_entries(
    folder: Path, tmp_path: Path, vault: KeyVault, keys: Keys
) -> None:
    """The two-faced ledger: both checkpoints are genuine, the entries fit only one of them."""
    lines = plain.entries(COUNT)
    lines[10] = lines[10]._replace(subject="card99")
    plain.write(tmp_path / "other", lines, SEALS, vault)
    (folder / "checkpoints.jsonl").write_bytes((tmp_path / "other" / "checkpoints.jsonl").read_bytes())
    with pytest.raises(Misfit, match="第 9 至 13 条中有改动"):
        verify_export(folder, keys)


@pytest.mark.parametrize("name", ["entries.jsonl", "tree", "checkpoints.jsonl"])
def test_verify_of_a_folder_with_a_file_missing_is_no_answer(folder: Path, keys: Keys, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(BadInput, match=f"缺少文件 {name}"):
        verify_export(folder, keys)


@pytest.mark.parametrize("content", [b"", b"no key", b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"])
def test_verify_needs_a_key_that_is_one(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.pem").write_bytes(content)
    with pytest.raises(BadInput):
        read_keys(tmp_path / "bad.pem")
    with pytest.raises(BadInput, match="读不出来"):
        read_keys(tmp_path / "none.pem")
