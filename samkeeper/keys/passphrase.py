"""Where a vault's passphrase or PIN comes from: a named file, or the person at the terminal."""

from __future__ import annotations

import getpass
import os
import sys
from pathlib import Path

from samkeeper.errors import BadInput
from samkeeper.keys.secret import Secret

VARIABLE = "SAMKEEPER_VAULT_SECRET_FILE"


def vault_secret(*, twice: bool = False) -> Secret:
    """The secret from the file that SAMKEEPER_VAULT_SECRET_FILE names, else asked for (`twice` for a new vault)."""
    named = os.environ.get(VARIABLE)
    if named:
        return _filled(_read(Path(named)), named)
    if not sys.stdin.isatty():
        raise BadInput("没有密钥库口令", remedy=f"请用环境变量 {VARIABLE} 指明口令文件，或在终端中运行")
    typed = getpass.getpass("密钥库口令：")
    if twice and getpass.getpass("再输入一次：") != typed:
        raise BadInput("两次输入的口令不一致", remedy="请重新运行")
    return _filled(typed.encode(), "口令")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes().rstrip(b"\r\n")
    except OSError as error:
        raise BadInput(f"口令文件读不出来（{error.strerror}）", where=str(path), remedy=f"请检查 {VARIABLE}") from None


def _filled(secret: bytes, where: str) -> Secret:
    if not secret:
        raise BadInput("口令是空的", where=where)
    return Secret(secret)
