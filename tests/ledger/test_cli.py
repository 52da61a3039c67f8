"""The command line: what it writes verifies, and its exit status says what kind of no it is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from django.db import transaction
from pytest_django import Settings

from samkeeper.cli.main import run
from samkeeper.keys.making import make_vault
from samkeeper.keys.protocol import KeyVault
from samkeeper.keys.secret import Secret
from samkeeper.keys.vault import open_vault
from samkeeper.ledger import checkpoint, tree
from samkeeper.ledger.append import append
from samkeeper.ledger.models import Entry, Head
from samkeeper.ledger.proof import Inclusion
from tests.ledger import plain
from tests.ledger.database import database_url

NOON = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
Run: TypeAlias = Callable[..., tuple[int, str, str]]


@pytest.fixture
def ledger(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """`samkeeper ledger …`: status, stdout, stderr."""

    def called(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["samkeeper", "ledger", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            run()
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return called


@pytest.fixture
def office(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of an office with a vault of its own and five entries."""
    secret = tmp_path / "secret"
    secret.write_text("only for tests")
    monkeypatch.setenv("SAMKEEPER_VAULT_SECRET_FILE", str(secret))
    settings.VAR, settings.VAULT = tmp_path, str(tmp_path / "vault")
    with make_vault(settings.VAULT, [], sign=True, secret=Secret(b"only for tests")) as vault:
        (tmp_path / "key.pem").write_text(vault.public_key("sign").to_pem())
    record(5)
    return tmp_path


def record(count: int) -> None:
    with transaction.atomic():
        for number in range(count):
            append("card:move", f"card{number}", {"clause": "第八条（三）"}, recorded=NOON)


@pytest.mark.django_db
def test_export_verifies(ledger: Run, office: Path) -> None:
    status, out, _ = ledger("export", "--out", office / "out")
    assert (status, "5 条" in out) == (0, True)
    status, out, err = ledger("verify", office / "out", "--public-key", office / "out" / "public-key.pem")
    assert (status, err) == (0, "")
    assert "相符：5 条" in out
    assert checkpoint.public_keys((office / "key.pem").read_bytes()).keys() == {out.split("公钥指纹：")[1].strip()}


@pytest.mark.django_db
def test_export_of_an_earlier_size(ledger: Run, office: Path) -> None:
    ledger("export", "--out", office / "then")
    record(3)
    ledger("checkpoint")
    assert ledger("export", "--out", office / "now", "--size", 5)[0] == 0
    assert (office / "then" / "tree").read_bytes() == (office / "now" / "tree").read_bytes()
    status, out, err = ledger("export", "--out", office / "odd", "--size", 6)
    assert (status, out, err) == (1, "", "账本长度 6 处没有签名检查点；最近的检查点：5、8。\n")


@pytest.mark.django_db
def test_export_over_something_is_bad_input(ledger: Run, office: Path) -> None:
    (office / "out").mkdir()
    status, out, err = ledger("export", "--out", office / "out")
    assert (status, out, err.count("\n")) == (2, "", 1)


@pytest.mark.django_db
def test_prove_and_verify_an_entry(ledger: Run, office: Path) -> None:
    status, out, _ = ledger("prove", 3, "--out", office / "proof")
    assert (status, "第 3 条（card:move）在检查点 5 之内" in out) == (0, True)
    status, out, _ = ledger("verify", office / "proof", "--public-key", office / "key.pem")
    assert (status, "相符：第 3 条" in out) == (0, True)
    assert ledger("prove", 6, "--out", office / "none")[::2] == (
        1,
        "检查点 5 之内没有第 6 条；请核对条目编号。\n",
    )


@pytest.mark.django_db
def test_prove_that_nothing_signed_was_changed_since(ledger: Run, office: Path) -> None:
    ledger("checkpoint")
    record(4)
    assert ledger("prove", "--since", 5, "--out", office / "proof")[0] == 0
    status, out, _ = ledger("verify", office / "proof", "--public-key", office / "key.pem")
    assert (status, "检查点 9 的账本原样保留了检查点 5 的全部条目" in out) == (0, True)


@pytest.mark.django_db
@pytest.mark.parametrize("words", [[], [3, "--since", 5]])
def test_prove_wants_one_thing(ledger: Run, office: Path, words: list[object]) -> None:
    status, _, err = ledger("prove", *words, "--out", office / "proof")
    assert (status, "二者取一" in err) == (2, True)


@pytest.mark.django_db
def test_checkpoint_is_given_again_while_nothing_grows(ledger: Run, office: Path) -> None:
    first = ledger("checkpoint")
    (office / "vault").unlink()
    (published,) = (office / "published").iterdir()
    published.unlink()
    assert ledger("checkpoint")[:2] == first[:2]
    assert json.loads(first[1])["size"] == 5
    assert published.read_text() == first[1]


@pytest.mark.django_db
def test_checkpoint_admits_a_fork(ledger: Run, office: Path, settings: Settings) -> None:
    with open_vault(settings.VAULT) as vault:
        lost = checkpoint.Checkpoint(Head.objects.get().origin, 0, 9, bytes(32), NOON)
        (office / "kept.json").write_bytes(checkpoint.sign(lost, vault)[0].line() + b"\n")
    status, out, err = ledger("checkpoint", "--published", office / "kept.json")
    assert (status, json.loads(out)["epoch"], Entry.objects.last().kind) == (0, 1, "ledger:fork")  # type: ignore[union-attr]
    assert "已记分叉（第 6 条），现为纪元 1" in err
    ledger("export", "--out", office / "out")
    out = ledger("verify", office / "out", "--public-key", office / "key.pem")[1]
    assert out.startswith("分叉：第 5 条之后由备份恢复，第 6 条起为纪元 1\n相符：6 条")


@pytest.mark.django_db
def test_checkpoint_believes_only_what_it_signed(ledger: Run, office: Path, other_vault: KeyVault) -> None:
    forged = checkpoint.Checkpoint(Head.objects.get().origin, 0, 9, bytes(32), NOON)
    (office / "forged.json").write_bytes(checkpoint.sign(forged, other_vault)[0].line())
    status, _, err = ledger("checkpoint", "--published", office / "forged.json")
    assert (status, "检查点 9 的签名与所给公钥不符" in err) == (1, True)
    (office / "forged.json").write_text("{}")
    assert ledger("checkpoint", "--published", office / "forged.json")[0] == 2
    assert Entry.objects.count() == 5


def proof(folder: Path, vault: KeyVault) -> dict[str, Any]:
    """The proof of entry 3 of 5, as JSON."""
    lines = plain.entries(5)
    (signed,) = plain.write(folder / "proved", lines, [5], vault)
    nodes = (folder / "proved" / "tree").read_bytes()
    ranges = tree.inclusion_path(2, 5)
    path = [tree.fold([nodes[32 * tree.position(node) :][:32] for node in tree.cover(*one)]) for one in ranges]
    found: dict[str, Any] = json.loads(Inclusion(lines[2]._asdict(), signed, path).to_bytes())
    return found


def change_entry(proof: dict[str, Any]) -> None:
    proof["entry"]["subject"] = "card99"


def make_no_entry(proof: dict[str, Any]) -> None:
    proof["entry"]["body"]["fee"] = 1.5


def change_path(proof: dict[str, Any]) -> None:
    proof["path"][0] = "00" * 32


def change_root(proof: dict[str, Any]) -> None:
    proof["checkpoint"]["root"] = "00" * 32


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (change_entry, "第 3 条不在检查点 5 的签名根之下"),
        (change_path, "第 3 条不在检查点 5 的签名根之下"),
        (make_no_entry, "不合账本格式"),
        (change_root, "检查点 5 的签名与所给公钥不符"),
    ],
)
def test_verify_of_a_changed_proof_is_no(
    ledger: Run, tmp_path: Path, vault: KeyVault, public_key: Path, change: Callable[[dict[str, Any]], None], why: str
) -> None:
    found = proof(tmp_path, vault)
    change(found)
    (tmp_path / "proof").write_text(json.dumps(found))
    status, out, err = ledger("verify", tmp_path / "proof", "--public-key", public_key)
    assert (status, out, err.count("\n"), why in err) == (1, "", 1, True)


@pytest.mark.parametrize("damage", [lambda text: text[:-30], lambda _: "", lambda _: "[]", lambda _: '{"proof":"x"}'])
def test_verify_of_a_damaged_proof_is_no_answer(
    ledger: Run, tmp_path: Path, vault: KeyVault, public_key: Path, damage: Callable[[str], str]
) -> None:
    (tmp_path / "proof").write_text(damage(json.dumps(proof(tmp_path, vault))))
    status, out, err = ledger("verify", tmp_path / "proof", "--public-key", public_key)
    assert (status, out, err.count("\n"), "不是完整的证明文件" in err) == (2, "", 1, True)


def test_verify_without_its_files_is_no_answer(ledger: Run, tmp_path: Path, public_key: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert ledger("verify", tmp_path / "empty", "--public-key", public_key)[0] == 2
    assert ledger("verify", tmp_path / "none", "--public-key", public_key)[0] == 2
    assert ledger("verify", tmp_path / "empty", "--public-key", tmp_path / "none")[0] == 2
    assert ledger("verify", tmp_path / "empty")[0] == 2


def test_verify_of_a_changed_export_is_no(ledger: Run, tmp_path: Path, vault: KeyVault, public_key: Path) -> None:
    plain.write(tmp_path / "export", plain.entries(5), [5], vault)
    file = tmp_path / "export" / "entries.jsonl"
    file.write_bytes(file.read_bytes().replace(b"card3", b"card4"))
    status, out, err = ledger("verify", tmp_path / "export", "--public-key", public_key)
    assert (status, out, err) == (1, "", "第 3 条与 tree 文件中的散列不符\n")


@pytest.mark.django_db(transaction=True)
def test_every_command_starts_from_nothing(office: Path, settings: Settings) -> None:
    """In a process of its own, where nobody has set the office up before."""
    environment = {
        **os.environ,
        "SAMKEEPER_DATABASE_URL": database_url(),
        "SAMKEEPER_VAR": str(office),
        "SAMKEEPER_VAULT": settings.VAULT,
    }
    for words in (
        ["export", "--out", str(office / "out")],
        ["checkpoint", "--published", str(office / "out" / "checkpoints.jsonl")],
        ["prove", "3", "--out", str(office / "proof")],
    ):
        command = [sys.executable, "-c", "from samkeeper.cli.main import run; run()", "ledger", *words]
        subprocess.run(command, check=True, env=environment, capture_output=True)


def test_a_database_without_a_ledger_is_named_in_one_line(tmp_path: Path) -> None:
    environment = {**os.environ, "SAMKEEPER_DATABASE_URL": f"sqlite:///{tmp_path / 'empty'}"}
    command = [sys.executable, "-c", "from samkeeper.cli.main import run; run()", "ledger", "checkpoint"]
    ended = subprocess.run(command, check=False, env=environment, capture_output=True, text=True)
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (2, "", 1)
    assert "请先运行 samkeeper manage migrate" in ended.stderr


def test_verify_starts_without_django(tmp_path: Path, vault: KeyVault, public_key: Path) -> None:
    plain.write(tmp_path / "export", plain.entries(5), [5], vault)
    started = "from samkeeper.cli.main import main; main(standalone_mode=False)"
    code = f"import sys; {started}; sys.exit('django' in sys.modules)"
    words = ["ledger", "verify", str(tmp_path / "export"), "--public-key", str(public_key)]
    subprocess.run([sys.executable, "-c", code, *words], check=True, stdout=subprocess.DEVNULL)
