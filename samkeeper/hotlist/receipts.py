"""Signed receipts: which numbers had which state, by which list, at which moment; provable offline.

A receipt is JSON. What is signed is its canonical form (RFC 8785) without the signature.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import rfc8785

from samkeeper.errors import BadInput, Refused
from samkeeper.hotlist.codec import Sign
from samkeeper.keys.signing import PublicKey

KEYS = {"answers", "list", "list_digest", "moment", "signature"}


def issue(answers: Sequence[tuple[str, str]], number: int, digest: bytes, at: datetime, sign: Sign) -> dict[str, Any]:
    """A receipt for (number, state) pairs answered at the aware moment `at` by list `number`, whose digest this is."""
    told: dict[str, Any] = {
        "answers": [list(answer) for answer in answers],
        "list": str(number),
        "list_digest": digest.hex(),
        "moment": at.isoformat(timespec="milliseconds"),
    }
    return {**told, "signature": base64.b64encode(sign(rfc8785.dumps(told))).decode()}


def check(text: str | bytes, key: PublicKey) -> dict[str, Any]:
    """The receipt, if `key` signed it. BadInput where it is none, Refused where the signature does not fit."""
    try:
        receipt = json.loads(text)
        if not isinstance(receipt, dict) or set(receipt) != KEYS:
            raise ValueError
        signature = base64.b64decode(receipt["signature"], validate=True)
        signed = rfc8785.dumps({name: value for name, value in receipt.items() if name != "signature"})
    except (ValueError, TypeError, binascii.Error, rfc8785.CanonicalizationError):
        raise BadInput("不是查询回执", remedy="请提供完整的回执文件") from None
    if not key.verify(signed, signature):
        raise Refused("回执的签名与公钥不符。", code="bad-signature")
    return receipt
