"""The verbs every vault shares, built on what its machine does: encrypt and decrypt blocks under a key it keeps.

A subkey exists in this process for the length of one call, as it must where a machine has no call that derives;
the vault's own keys stay behind `_encrypt` and `_decrypt`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import partial
from types import TracebackType
from typing import Self

from samkeeper.errors import BadInput, Fault, Refused
from samkeeper.keys import bulk
from samkeeper.keys.algorithms import Algorithm, Purpose, fitting_purpose
from samkeeper.keys.check_value import check_value
from samkeeper.keys.cipher import decrypt_blocks, encrypt_blocks, valid_key_size
from samkeeper.keys.components import KEY_BYTES, join_components, weak
from samkeeper.keys.diversify import authentication_cryptogram, diversify, spread
from samkeeper.keys.mac import same, short_mac
from samkeeper.keys.protocol import (
    Bytes2D,
    KeptShare,
    KeyInfo,
    KeyPath,
    Wrapped,
    Yes,
    as_path,
    next_version,
    parse_reference,
    select,
)
from samkeeper.keys.secret import Secret
from samkeeper.keys.shares import Share, join, split
from samkeeper.keys.signing import PublicKey


class VaultVerbs(ABC):
    """What a vault must do itself is abstract; the rest follows from it."""

    signature: Algorithm  # what its signing keys are made for

    def __init__(self) -> None:
        self._spent: dict[str, int] = {}  # the newest destroyed version of a label, where the vault can remember it

    @abstractmethod
    def list(self) -> Sequence[KeyInfo]: ...

    @abstractmethod
    def _make(self, label: str, version: int, algorithm: Algorithm, purpose: Purpose) -> KeyInfo: ...

    @abstractmethod
    def _take(self, label: str, version: int, key: Secret, purpose: Purpose) -> KeyInfo: ...

    @abstractmethod
    def _erase(self, key: KeyInfo) -> None: ...

    @abstractmethod
    def _encrypt(self, key: KeyInfo, blocks: bytes) -> bytes: ...

    @abstractmethod
    def _decrypt(self, key: KeyInfo, blocks: bytes) -> bytes: ...

    def _own(self, key: KeyInfo) -> bytes:
        """The vault's own key where its machine lets this process use it as it is; most do not."""
        raise Fault(f"该设备不支持直接使用密钥“{key.reference}”，只能使用由它分散的下级密钥。")

    @abstractmethod
    def _sign(self, key: KeyInfo, message: bytes) -> bytes: ...

    @abstractmethod
    def _public_key(self, key: KeyInfo) -> PublicKey: ...

    def close(self) -> None:
        """Nothing to let go of unless a machine says so."""
        return

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def find(self, reference: str) -> KeyInfo:
        return select(self.list(), reference)

    # Keys come and go.

    def generate(self, label: str, algorithm: Algorithm, purpose: Purpose | None = None) -> KeyInfo:
        version = next_version(self.list(), self._spent, label)
        return self._make(label, version, algorithm, fitting_purpose(algorithm, purpose))

    def import_components(
        self,
        label: str,
        algorithm: Algorithm,
        components: Sequence[Secret],
        *,
        expected: bytes | None = None,
        purpose: Purpose | None = None,
    ) -> KeyInfo:
        return self._admit(label, algorithm, join_components(algorithm, components), expected, purpose)

    def import_shares(
        self,
        label: str,
        algorithm: Algorithm,
        shares: Sequence[KeptShare],
        *,
        expected: bytes,
        purpose: Purpose | None = None,
    ) -> KeyInfo:
        opened = [self._opened(share, algorithm) for share in shares]
        return self._admit(label, algorithm, join(opened), expected, purpose)

    def split(self, reference: str, *, threshold: int, carriers: Sequence[KeyPath]) -> Sequence[KeptShare]:
        key = self._for(reference, Purpose.DERIVE, Purpose.WRAP)
        shares = split(Secret(self._own(key)), threshold=threshold, count=len(carriers))
        return [self._kept(share, key.algorithm, carrier) for share, carrier in zip(shares, carriers, strict=True)]

    def import_wrapped(
        self,
        label: str,
        algorithm: Algorithm,
        wrapped: Wrapped,
        *,
        under: KeyPath | str,
        purpose: Purpose | None = None,
    ) -> KeyInfo:
        return self._admit(label, algorithm, self._unwrapped(wrapped, under), wrapped.check_value, purpose)

    def destroy(self, reference: str) -> None:
        if parse_reference(reference)[1] is None:
            raise BadInput(f"销毁密钥“{reference}”须写明版本", remedy="例如 tac@1")
        self._erase(self.find(reference))

    # Signatures.

    def sign(self, reference: str, message: bytes) -> bytes:
        return self._sign(self._for(reference, Purpose.SIGN), message)

    def public_key(self, reference: str) -> PublicKey:
        return self._public_key(self._for(reference, Purpose.SIGN))

    # One card at a time.

    def check_value(self, path: KeyPath | str) -> bytes:
        path = as_path(path)
        key = self._for(path.reference, Purpose.DERIVE, Purpose.WRAP)
        return self._encipher(key, path, bytes(key.algorithm.block))[:3]

    def wrap(self, path: KeyPath | str, *, under: KeyPath | str, header: bytes = b"") -> Wrapped:
        path = as_path(path)
        key = self._for(path.reference, Purpose.DERIVE, Purpose.WRAP)
        row = bulk.as_rows(self._subkey(key, path), KEY_BYTES)
        return Wrapped(self._wrap_rows(row, under, header).tobytes(), self.check_value(path))

    def cryptogram(self, path: KeyPath | str, random: bytes, challenge: bytes) -> bytes:
        path = as_path(path)
        if len(random) != 8 or len(challenge) != 8:
            raise BadInput("随机数和待认证数据必须各为8字节")
        key = self._for(path.reference, Purpose.DERIVE)
        block = random if key.algorithm is Algorithm.DES3 else spread(random)
        return authentication_cryptogram(key.algorithm, self._encipher(key, path, block), challenge)

    def check_cryptogram(self, path: KeyPath | str, random: bytes, challenge: bytes, answer: bytes) -> bool:
        return same(self.cryptogram(path, random, challenge), answer)

    def mac(self, path: KeyPath | str, data: bytes, iv: bytes = b"") -> bytes:
        path = as_path(path)
        key = self._for(path.reference, Purpose.DERIVE, Purpose.WRAP)
        return short_mac(key.algorithm, self._subkey(key, path), data, iv)

    def check_mac(self, path: KeyPath | str, data: bytes, mac: bytes, iv: bytes = b"") -> bool:
        return same(self.mac(path, data, iv), mac)

    # Many cards at once.

    def derive_wrapped(
        self, path: KeyPath | str, factors: Bytes2D, *, under: KeyPath | str, header: bytes = b""
    ) -> Bytes2D:
        _, subkeys = self._subkeys(as_path(path), factors)
        return self._wrap_rows(subkeys, under, header)

    def check_values(self, path: KeyPath | str, factors: Bytes2D) -> Bytes2D:
        key, subkeys = self._subkeys(as_path(path), factors)
        values = (check_value(key.algorithm, subkey.tobytes()) for subkey in subkeys)
        return bulk.as_rows(b"".join(values), 3)

    def check_macs(self, path: KeyPath | str, factors: Bytes2D, data: Bytes2D, macs: Bytes2D) -> Yes:
        key, subkeys = self._subkeys(as_path(path), factors)
        count = len(subkeys)
        return bulk.check_macs(key.algorithm, subkeys, bulk.checked(data, None, count), bulk.checked(macs, 4, count))

    def check_tacs(self, path: KeyPath | str, factors: Bytes2D, data: Bytes2D, tacs: Bytes2D) -> Yes:
        key, subkeys = self._subkeys(as_path(path), factors)
        count = len(subkeys)
        return bulk.check_tacs(key.algorithm, subkeys, bulk.checked(data, None, count), bulk.checked(tacs, 4, count))

    # How it is done.

    def _for(self, reference: str, *purposes: Purpose) -> KeyInfo:
        """The key a reference names, if it is for one of `purposes`: one function, one key."""
        key = self.find(reference)
        if key.purpose not in purposes:
            raise Refused(f"密钥“{key.reference}”的用途是{key.purpose.label}，不能用于此项操作", code="key-purpose")
        return key

    def _subkey(self, key: KeyInfo, path: KeyPath) -> bytes:
        if not path.factors:
            return self._own(key)
        first, *rest = path.factors
        return diversify(key.algorithm, self._encrypt(key, spread(first)), *rest)

    def _encipher(self, key: KeyInfo, path: KeyPath, blocks: bytes) -> bytes:
        """ECB under a key or subkey; the machine's part only where there is no factor."""
        if not path.factors:
            return self._encrypt(key, blocks)
        return encrypt_blocks(key.algorithm, self._subkey(key, path), blocks)

    def _decipher(self, key: KeyInfo, path: KeyPath, blocks: bytes) -> bytes:
        if not path.factors:
            return self._decrypt(key, blocks)
        return decrypt_blocks(key.algorithm, self._subkey(key, path), blocks)

    def _subkeys(self, path: KeyPath, factors: Bytes2D) -> tuple[KeyInfo, Bytes2D]:
        key = self._for(path.reference, Purpose.DERIVE)
        return key, bulk.derive(partial(self._encipher, key, path), bulk.checked(factors, 8))

    def _wrap_rows(self, keys: Bytes2D, under: KeyPath | str, header: bytes) -> Bytes2D:
        path = as_path(under)
        transport = self._for(path.reference, Purpose.WRAP)
        return bulk.wrap(partial(self._encipher, transport, path), transport.algorithm.block, keys, header)

    def _kept(self, share: Share, algorithm: Algorithm, carrier: KeyPath) -> KeptShare:
        value = share.value.reveal()
        row = self._wrap_rows(bulk.as_rows(value, KEY_BYTES), carrier, b"")
        return KeptShare(share.number, Wrapped(row.tobytes(), check_value(algorithm, value)), carrier)

    def _opened(self, kept: KeptShare, algorithm: Algorithm) -> Share:
        value = self._unwrapped(kept.wrapped, kept.carrier)
        if len(value) != KEY_BYTES or not same(check_value(algorithm, value.reveal()), kept.wrapped.check_value):
            raise Refused(f"第{kept.number}份的校验值不符，密钥没有恢复。请核对该份额和载体。", code="check-value")
        return Share(kept.number, value)

    def _unwrapped(self, wrapped: Wrapped, under: KeyPath | str) -> Secret:
        path = as_path(under)
        key = self._for(path.reference, Purpose.WRAP)
        if len(wrapped.cryptogram) % key.algorithm.block or not wrapped.cryptogram:
            raise BadInput("密钥密文的长度不对", remedy="请向上级重新索取密钥密文")
        plain = self._decipher(key, path, wrapped.cryptogram)
        return Secret(plain[1 : 1 + plain[0]][-KEY_BYTES:])

    def _admit(
        self, label: str, algorithm: Algorithm, key: Secret, expected: bytes | None, purpose: Purpose | None
    ) -> KeyInfo:
        """Take a key in as the next version of `label`, if it is what its sender says.

        The key stays a `Secret` here: a refusal's traceback may be shown with its variables.
        """
        if algorithm.signs or not valid_key_size(algorithm, len(key)) or weak(algorithm, key.reveal()):
            raise Refused(f"导入的内容不能作为 {algorithm} 密钥", code="weak-key")
        if expected is not None and not same(check_value(algorithm, key.reveal(), len(expected)), expected):
            raise Refused("校验值不符，密钥没有导入。请核对各分量后重来。", code="check-value")
        version = next_version(self.list(), self._spent, label)
        return self._take(label, version, Secret(key.reveal(), algorithm), fitting_purpose(algorithm, purpose))
