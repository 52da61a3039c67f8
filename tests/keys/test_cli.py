from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from samkeeper.cli.main import run
from samkeeper.keys import file_vault

Ran = tuple[int, list[str], list[str]]


@pytest.fixture
def samkeeper(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Callable[..., Ran]:
    """Runs a command; gives its status and the lines of stdout and stderr."""
    secret = tmp_path / "secret"
    secret.write_text("开发口令\n")
    monkeypatch.setenv("SAMKEEPER_VAULT_SECRET_FILE", str(secret))
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> Ran:
        monkeypatch.setattr(sys, "argv", ["samkeeper", *arguments])
        file_vault._warn_once.cache_clear()
        with pytest.raises(SystemExit) as ended:
            run()
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out.splitlines(), err.splitlines()

    return call


def test_selftest_prints_a_line_a_vector(samkeeper: Callable[..., Ran]) -> None:
    status, out, err = samkeeper("keys", "selftest")
    assert status == 0
    assert len(out) > 20
    assert all(line.split()[0] == "pass" and len(line.split()) == 2 for line in out)
    assert err == []


def test_selftest_fails_on_one_wrong_answer(samkeeper: Callable[..., Ran], tmp_path: Path) -> None:
    vectors = [
        {"id": name, "op": "digest", "algorithm": "sm3", "data": "", "expected": value}
        for name, value in (
            ("right", "1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b"),
            ("wrong", "00"),
        )
    ]
    (tmp_path / "v.json").write_text(json.dumps({"vectors": vectors}))
    status, out, err = samkeeper("keys", "selftest", "v.json")
    assert (status, out, len(err)) == (1, ["pass right", "FAIL wrong"], 1)


@pytest.mark.parametrize("content", [None, "", '{"vectors": [{"id": "a", "op": "guess"}]}'])
def test_selftest_tells_a_bad_file_in_one_line(
    samkeeper: Callable[..., Ran], tmp_path: Path, content: str | None
) -> None:
    if content is not None:
        (tmp_path / "v.json").write_text(content)
    status, out, err = samkeeper("keys", "selftest", "v.json")
    assert (status, out, len(err)) == (2, [], 1)
    assert "v.json" in err[0]


def test_create_makes_a_signing_key_and_those_asked_for(samkeeper: Callable[..., Ran], tmp_path: Path) -> None:
    status, out, err = samkeeper("keys", "create", "dev.vault", "--key", "tac:3des", "--key", "kek:SM4:wrap")
    assert status == 0
    assert [line.split("\t")[:4] for line in out] == [
        ["kek", "1", "SM4", "wrap"],
        ["sign", "1", "SM2", "sign"],
        ["tac", "1", "3DES", "derive"],
    ]
    assert err == [file_vault.NOTICE.strip()]
    assert samkeeper("keys", "list", "dev.vault")[1] == out


def test_import_joins_components(samkeeper: Callable[..., Ran], tmp_path: Path) -> None:
    samkeeper("keys", "create", "dev.vault", "--no-sign")
    (tmp_path / "one").write_text("00112233445566778899AABBCCDDEEFF\n")
    (tmp_path / "two").write_text("01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01\n")
    files = ("--component-file", "one", "--component-file", "two")
    status, out, _ = samkeeper("keys", "import", "dev.vault", "tac:3DES", *files, "--check-value", "FB0975")
    assert (status, out) == (0, ["tac\t1\t3DES\tderive\tFB0975"])  # the second component turns parity bits only
    status, out, err = samkeeper("keys", "import", "dev.vault", "tac:3DES", *files, "--check-value", "000000")
    assert (status, out) == (1, [])
    assert "校验值不符" in err[-1]


@pytest.mark.parametrize(
    "arguments",
    [
        ("create", "dev.vault", "--key", "tac"),
        ("create", "dev.vault", "--key", "tac:RC4"),
        ("create", "dev.vault", "--key", "TAC:SM4"),
        ("create", "dev.vault", "--key", "tac:SM4:sign"),
        ("create", "dev.vault", "--key", "tac:SM4:play"),
        ("create", "nowhere/dev.vault"),
        ("list", "dev.vault"),
        ("list", "secret"),
        ("list", "pkcs11:token=kms"),
        ("import", "dev.vault", "tac:SM4", "--check-value", "xyz"),
    ],
)
def test_wrong_use_is_told_in_one_line_and_leaves_nothing(
    samkeeper: Callable[..., Ran], tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    status, out, err = samkeeper("keys", *arguments)
    assert (status, out, len(err)) == (2, [], 1)
    assert not (tmp_path / "dev.vault").exists()


def without_sm2(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command on a machine whose OpenSSL offers no algorithms at all."""
    (folder / "openssl.cnf").write_text(
        "openssl_conf = init\n[init]\nproviders = listed\n[listed]\nbase = on\n[on]\nactivate = 1\n"
    )
    (folder / "secret").write_text("开发口令")
    environment = os.environ | {
        "OPENSSL_CONF": str(folder / "openssl.cnf"),
        "SAMKEEPER_VAULT_SECRET_FILE": str(folder / "secret"),
    }
    program = Path(sys.executable).with_name("samkeeper")
    return subprocess.run(
        [program, "keys", *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_a_machine_without_sm2_signs_with_ecdsa(tmp_path: Path) -> None:
    made = without_sm2(tmp_path, "create", "dev.vault")
    assert made.returncode == 0
    assert made.stdout.split("\t")[:3] == ["sign", "1", "ECDSA-P256"]


def test_a_machine_without_sm2_says_so_when_sm2_is_asked_for(tmp_path: Path) -> None:
    refused = without_sm2(tmp_path, "create", "dev.vault", "--no-sign", "--key", "sign:SM2")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "没有 SM2" in refused.stderr.splitlines()[-1]
    assert not (tmp_path / "dev.vault").exists()
