"""Signatures over lists and overlays: made in a vault, checked by a public key alone.

What is signed is a part's body, the header and both sections; the digest the file ends in covers the signature too.
"""

from __future__ import annotations

from collections.abc import Sequence

from samkeeper.errors import Refused
from samkeeper.hotlist.codec import Sign
from samkeeper.hotlist.reader import Part
from samkeeper.keys.protocol import KeyVault
from samkeeper.keys.signing import PublicKey

LABEL = "sign"


def signer(vault: KeyVault) -> Sign:
    """Signs with the vault's key `sign`, its newest version."""
    return lambda body: vault.sign(LABEL, body)


def check(parts: Sequence[Part], key: PublicKey) -> None:
    """Refused unless the base and every overlay on it carry a signature of `key`."""
    for index, part in enumerate(parts):
        name = f"第{index}份增量" if index else "名单"
        if not part.signature:
            raise Refused(f"{name}没有签名，不能证明出处。", code="unsigned")
        if not key.verify(part.body, part.signature):
            raise Refused(f"{name}的签名与公钥不符。", code="bad-signature")
