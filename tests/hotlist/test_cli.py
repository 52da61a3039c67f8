"""`samkeeper hotlist` as an outsider uses it: files in, files and lines out, exit status, one line of reason."""

from __future__ import annotations

import io
import os
import sys
from dataclasses import dataclass

import pytest

from samkeeper.cli import main
from samkeeper.hotlist import target
from samkeeper.hotlist.hashes import digest
from samkeeper.hotlist.reader import Reader
from samkeeper.keys.secret import Secret
from samkeeper.keys.vault import open_vault

ISSUED = [f"3300{value:07d}" for value in range(4000)]
INVALID = [ISSUED[i] for i in (1, 50, 3999)]
LATER = [ISSUED[i] for i in (2, 50, 3999)]


@dataclass
class Result:
    returncode: int
    stdout: str
    stderr: str


def run(*words, secret=None):
    """The program in this process, as its entry point runs it."""
    streams = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["samkeeper", *map(str, words)])
        patch.setattr(sys, "stdin", io.StringIO())
        patch.setattr(sys, "stdout", streams[0])
        patch.setattr(sys, "stderr", streams[1])
        if secret:
            patch.setenv("SAMKEEPER_VAULT_SECRET_FILE", str(secret))
        with pytest.raises(SystemExit) as ended:
            main.run()
    for stream in streams:
        stream.flush()
    return Result(ended.value.code, *(stream.buffer.getvalue().decode() for stream in streams))


def done(*words, secret=None):
    result = run(*words, secret=secret)
    assert result.returncode == 0, result.stderr
    return result.stdout


def refused(status, *words, secret=None):
    """The one line that says why."""
    result = run(*words, secret=secret)
    assert (result.returncode, result.stdout) == (status, ""), result.stderr
    assert result.stderr.count("\n") == 1
    return result.stderr


class Desk:
    """Files of numbers, two lists, the overlay between them, a vault with its public key."""

    def __init__(self, folder):
        self.folder = folder
        for name, numbers in (("issued", ISSUED), ("invalid", INVALID), ("later", LATER)):
            (folder / f"{name}.txt").write_text("\n".join(numbers), encoding="utf-8")
        self.secret = folder / "secret"
        self.secret.write_text("only for tests\n")
        done("keys", "create", self / "a.vault", secret=self.secret)
        with open_vault(self / "a.vault", Secret(b"only for tests")) as vault:
            (self / "a.pem").write_text(vault.public_key("sign").to_pem())
        self.build("invalid", "old.skh", "--number", 7, "--sign", self / "a.vault")
        self.build("later", "new.skh", "--number", 8, "--sign", self / "a.vault")
        self.delta("old.skh", "new.skh", "delta.skh", "--sign", self / "a.vault")
        done("hotlist", "apply", self / "old.skh", self / "delta.skh", "--out", self / "laid.skh")

    def __truediv__(self, name):
        return self.folder / name

    def build(self, invalid, out, *more):
        files = ("--issued", self / "issued.txt", "--invalid", self / f"{invalid}.txt")
        return done("hotlist", "build", *files, "--out", self / out, *more, secret=self.secret)

    def delta(self, old, new, out, *more):
        files = (
            "--issued",
            self / "issued.txt",
            "--old-invalid",
            self / "invalid.txt",
            "--invalid",
            self / "later.txt",
        )
        lists = (self / old, self / new)
        return done("hotlist", "delta", *lists, *files, "--out", self / out, *more, secret=self.secret)


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    return Desk(tmp_path_factory.mktemp("desk"))


def test_query_answers_a_line_a_number(desk):
    asked = desk / "asked.txt"
    asked.write_bytes("\ufeff33000000001\r\n\r\n 33000000002 \r\n京A\r\n33000000001".encode())
    out = done("hotlist", "query", desk / "old.skh", "--card", "33000003999", "--card", " 7 ", "--file", asked)
    lines = ["33000003999\tinvalid", "7\tunknown", "33000000001\tinvalid", "33000000002\tvalid", "京A\tunknown",
             "33000000001\tinvalid", ""]  # fmt: skip
    assert out == "\n".join(lines)


def test_laid_overlay_answers_as_the_new_list(desk):
    answers = [done("hotlist", "query", desk / name, "--file", desk / "issued.txt") for name in ("laid.skh", "new.skh")]
    assert answers[0] == answers[1]
    assert [line.split("\t")[0] for line in answers[0].splitlines() if line.endswith("\tinvalid")] == LATER
    laid, new = (Reader((desk / name).read_bytes()) for name in ("laid.skh", "new.skh"))
    assert (laid.number, laid.moment) == (new.number, new.moment)


def test_every_file_ends_in_its_digest(desk):
    for name in ("old.skh", "new.skh", "delta.skh", "laid.skh"):
        data = (desk / name).read_bytes()
        assert digest(data[:-32]) == data[-32:]


@pytest.mark.parametrize(("name", "number", "overlays"), [("old.skh", 7, 0), ("delta.skh", 8, 1), ("laid.skh", 8, 1)])
def test_verify_shows_number_date_and_counts(desk, name, number, overlays):
    out = done("hotlist", "verify", desk / name, "--public-key", desk / "a.pem")
    told = dict(line.split("\t") for line in out.splitlines())
    assert told.pop("日期").endswith("+08:00")
    assert told == {"签名": "相符", "名单号": str(number), "已发": "4000", "失效": "3", "增量": str(overlays)}


def test_verify_refuses_another_key_and_no_signature(desk):
    done("keys", "create", desk / "b.vault", secret=desk.secret)
    with open_vault(desk / "b.vault", Secret(b"only for tests")) as vault:
        (desk / "b.pem").write_text(vault.public_key("sign").to_pem())
    assert "签名与公钥不符" in refused(1, "hotlist", "verify", desk / "old.skh", "--public-key", desk / "b.pem")
    desk.build("invalid", "unsigned.skh")
    assert "没有签名" in refused(1, "hotlist", "verify", desk / "unsigned.skh", "--public-key", desk / "a.pem")
    assert "PEM" in refused(2, "hotlist", "verify", desk / "old.skh", "--public-key", desk / "secret")


def test_damaged_files_are_refused_by_every_command(desk):
    for name in ("old.skh", "new.skh", "delta.skh"):
        data = bytearray((desk / name).read_bytes())
        data[60] ^= 4
        (desk / f"bad-{name}").write_bytes(data)
        (desk / f"cut-{name}").write_bytes((desk / name).read_bytes()[:-40])
    commands = []
    files = ("--issued", desk / "issued.txt", "--old-invalid", desk / "invalid.txt", "--invalid", desk / "later.txt")
    for kind in ("bad", "cut"):
        old, delta = desk / f"{kind}-old.skh", desk / f"{kind}-delta.skh"
        files = (
            "--issued",
            desk / "issued.txt",
            "--old-invalid",
            desk / "invalid.txt",
            "--invalid",
            desk / "later.txt",
        )
        out = ("--out", desk / "never.skh")
        commands += [
            ("query", old, "--card", "1"),
            ("verify", old, "--public-key", desk / "a.pem"),
            ("apply", old, desk / "delta.skh", *out),
            ("apply", desk / "old.skh", delta, *out),
            ("delta", desk / "old.skh", desk / f"{kind}-new.skh", *files, *out),
        ]
    for command in commands:
        assert "skh：不是完好的失效名单文件" in refused(2, "hotlist", *command)
    assert not (desk / "never.skh").exists()


def test_wrong_and_older_bases_are_refused_with_the_reason(desk):
    desk.build("invalid", "other.skh", "--number", 7)
    out = ("--out", desk / "never.skh")
    assert "不是针对这份名单" in refused(1, "hotlist", "apply", desk / "other.skh", desk / "delta.skh", *out)
    assert "不比现有名单新" in refused(1, "hotlist", "apply", desk / "new.skh", desk / "delta.skh", *out)
    assert not (desk / "never.skh").exists()


def test_first_stranger_is_named(desk):
    (desk / "strange.txt").write_text(f"{ISSUED[4]}\n\n33000009999\n33000008888\n")
    why = refused(2, "hotlist", "build", "--issued", desk / "issued.txt", "--invalid", desk / "strange.txt", "--out",
                  desk / "never.skh")  # fmt: skip
    assert "strange.txt 第3行：卡号 33000009999 不在已发卡号之中" in why
    assert not (desk / "never.skh").exists()


def test_missing_files_and_questions_are_refused(desk):
    assert "无法读取" in refused(2, "hotlist", "query", desk / "none.skh", "--card", "1")
    assert "--card" in refused(2, "hotlist", "query", desk / "old.skh")
    (desk / "long.txt").write_text("1\n" * 9_000_000 + "9" * 33)
    assert "第9000001行：卡号超过32个字符" in refused(
        2, "hotlist", "query", desk / "old.skh", "--card", "1", "--file", desk / "long.txt"
    )
    for card in ("1\n2", "\udcff", "9" * 33):
        assert "卡号" in refused(2, "hotlist", "query", desk / "old.skh", "--card", card)
    assert "无法写入" in refused(
        2, "hotlist", "apply", desk / "old.skh", desk / "delta.skh", "--out", desk / "no/where"
    )
    assert "口令" in refused(2, "hotlist", "build", "--issued", desk / "issued.txt", "--invalid", desk / "invalid.txt",
                           "--out", desk / "never.skh", "--sign", desk / "a.vault")  # fmt: skip


def test_list_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "list.skh"
    path.write_bytes(b"the list before")

    def fail(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(target.BadInput, match="无法写入"):
        target.save(path, b"the list after")
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [("list.skh", b"the list before")]


@pytest.mark.parametrize("name", ["", "build", "query", "delta", "apply", "verify", "serve", "receipt"])
def test_help_has_an_example(name):
    assert "例：samkeeper hotlist" in done("hotlist", *name.split(), "--help")
