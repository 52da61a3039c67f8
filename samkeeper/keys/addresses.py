"""Where a machine's vault is: a PKCS#11 token (RFC 7512) or a GM/T 0018 machine with its index file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from samkeeper.errors import BadInput

PKCS11, SDF = "pkcs11:", "sdf:"
TOKEN_NAMES = ("token", "serial", "manufacturer", "model", "slot-id")
MODULE_VARIABLE = "SAMKEEPER_PKCS11_MODULE"
EXAMPLE = "例如 pkcs11:token=kms?module-path=/usr/lib/softhsm/libsofthsm2.so"
SDF_EXAMPLE = "例如 sdf:/var/lib/samkeeper/keys.json?library=/usr/lib/libsdf.so&kek=1&pair=1"


@dataclass(frozen=True, slots=True)
class TokenAddress:
    """The vendor's library, and what is known of the token in it: one of RFC 7512's names for it at least."""

    module: str
    known: Mapping[str, str]

    @classmethod
    def parse(cls, uri: str) -> TokenAddress:
        path, _, query = uri.removeprefix(PKCS11).partition("?")
        fields = _fields(path, ";", EXAMPLE) | _fields(query, "&", EXAMPLE)
        if "pin-value" in fields:
            raise BadInput("PIN 不能写在地址里", remedy="请写入口令文件，由 SAMKEEPER_VAULT_SECRET_FILE 指明")
        _no_strangers(fields, {*TOKEN_NAMES, "module-path"}, EXAMPLE)
        module = fields.pop("module-path", None) or os.environ.get(MODULE_VARIABLE)
        if not module:
            raise BadInput("地址中没有厂商库 module-path", remedy=EXAMPLE)
        if not fields:
            raise BadInput("地址中没有令牌名 token 或序列号 serial", remedy=EXAMPLE)
        return cls(module, fields)


@dataclass(frozen=True, slots=True)
class MachineAddress:
    """The vendor's library, the index file beside it, and the machine's own keys: a KEK and a key pair, by number."""

    index: Path
    library: str
    kek: int
    pair: int

    @classmethod
    def parse(cls, uri: str) -> MachineAddress:
        path, _, query = uri.removeprefix(SDF).partition("?")
        fields = _fields(query, "&", SDF_EXAMPLE)
        _no_strangers(fields, {"library", "kek", "pair"}, SDF_EXAMPLE)
        if not path or "library" not in fields:
            raise BadInput("地址中须有索引文件和厂商库 library", remedy=SDF_EXAMPLE)
        numbers = [fields.get(name, "1") for name in ("kek", "pair")]
        if not all(number.isascii() and number.isdigit() for number in numbers):
            raise BadInput("kek 和 pair 是密码机内的密钥序号", remedy=SDF_EXAMPLE)
        return cls(Path(unquote(path)), fields["library"], int(numbers[0]), int(numbers[1]))


def _fields(text: str, separator: str, example: str) -> dict[str, str]:
    fields = {}
    for part in filter(None, text.split(separator)):
        name, equals, value = part.partition("=")
        if not equals or not value:
            raise BadInput(f"读不懂地址中的“{part}”", remedy=example)
        fields[name] = unquote(value)
    return fields


def _no_strangers(fields: dict[str, str], known: set[str], example: str) -> None:
    strangers = fields.keys() - known
    if strangers:
        raise BadInput(f"地址中的“{min(strangers)}”不认识", remedy=example)
