"""RFC 7512: the address of a PKCS#11 token, `pkcs11:token=kms?module-path=/usr/lib/…so`."""

from __future__ import annotations

import os
from dataclasses import dataclass
from urllib.parse import unquote

from samkeeper.errors import BadInput

SCHEME = "pkcs11:"
MODULE_VARIABLE = "SAMKEEPER_PKCS11_MODULE"
EXAMPLE = "例如 pkcs11:token=kms?module-path=/usr/lib/softhsm/libsofthsm2.so"
KNOWN = {"token", "serial", "module-path"}


@dataclass(frozen=True, slots=True)
class TokenAddress:
    """The vendor's library and the token in it, by label or by serial number."""

    module: str
    token: str | None
    serial: str | None

    @classmethod
    def parse(cls, uri: str) -> TokenAddress:
        path, _, query = uri.removeprefix(SCHEME).partition("?")
        fields = dict(_fields(path, ";", uri)) | dict(_fields(query, "&", uri))
        if "pin-value" in fields:
            raise BadInput("PIN 不能写在地址里", remedy="请写入口令文件，由 SAMKEEPER_VAULT_SECRET_FILE 指明")
        stranger = next((name for name in fields if name not in KNOWN), None)
        if stranger is not None:
            raise BadInput(f"地址中的“{stranger}”不认识", remedy=EXAMPLE)
        module = fields.get("module-path") or os.environ.get(MODULE_VARIABLE)
        if not module:
            raise BadInput("地址中没有厂商库 module-path", remedy=EXAMPLE)
        if not {"token", "serial"} & fields.keys():
            raise BadInput("地址中没有令牌名 token 或序列号 serial", remedy=EXAMPLE)
        return cls(module, fields.get("token"), fields.get("serial"))


def _fields(text: str, separator: str, uri: str) -> list[tuple[str, str]]:
    pairs = []
    for part in filter(None, text.split(separator)):
        name, equals, value = part.partition("=")
        if not equals or not value:
            raise BadInput(f"读不懂地址中的“{part}”", where=uri, remedy=EXAMPLE)
        pairs.append((name, unquote(value)))
    return pairs
