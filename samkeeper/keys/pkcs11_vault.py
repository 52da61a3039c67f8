"""A vault in a PKCS#11 token. Keys are made there as sensitive and not extractable, and stay.

A key's label is its reference ("tac@1"); its purpose shows in the token's own attributes: one that wraps has
CKA_WRAP, one that derives has not. What a token lacks (SM2 and SM4 are no mechanisms of PKCS#11 2.40) is refused in
words. Subkeys come from encrypting F ‖ ~F in the token and exist in this process for the length of one call.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pkcs11
from pkcs11 import Attribute, KeyType, Mechanism, MechanismFlag, ObjectClass, exceptions
from pkcs11.util.ec import encode_ec_public_key, encode_ecdsa_signature, encode_named_curve_parameters

from samkeeper.errors import BadInput, Fault
from samkeeper.keys.addresses import TokenAddress
from samkeeper.keys.algorithms import Algorithm, Purpose
from samkeeper.keys.protocol import REFERENCE, KeyInfo, parse_reference, select
from samkeeper.keys.secret import Secret
from samkeeper.keys.signing import PublicKey
from samkeeper.keys.verbs import VaultVerbs

TYPES = {Algorithm.DES3: KeyType.DES2, Algorithm.AES: KeyType.AES}
MAKERS = {Algorithm.DES3: Mechanism.DES2_KEY_GEN, Algorithm.AES: Mechanism.AES_KEY_GEN}
CIPHERS = {Algorithm.DES3: Mechanism.DES3_ECB, Algorithm.AES: Mechanism.AES_ECB}
USES = {
    Purpose.DERIVE: MechanismFlag.ENCRYPT | MechanismFlag.DERIVE,
    Purpose.WRAP: MechanismFlag.ENCRYPT | MechanismFlag.DECRYPT | MechanismFlag.WRAP | MechanismFlag.UNWRAP,
}
Handle = Any  # the library mixes an object's abilities in as it finds it
CHUNK = 1 << 15  # bytes a call; machines bound their buffers


class Pkcs11Vault(VaultVerbs):
    """Opened by `open_token`; one session, closed with the vault."""

    signature = Algorithm.ECDSA

    def __init__(self, token: pkcs11.Token, pin: Secret) -> None:
        super().__init__()
        with _device():
            self._session = _logged_in(token, pin)
            self._mechanisms = set(token.slot.get_mechanisms())
        self._known: dict[str, tuple[KeyInfo, Handle]] = {}
        self.list()

    def list(self) -> Sequence[KeyInfo]:
        with _device():
            self._known = {info.reference: (info, found) for info, found in self._read()}
        return sorted((info for info, _ in self._known.values()), key=lambda info: (info.label, info.version))

    def find(self, reference: str) -> KeyInfo:
        """As last read from the token; read again where the key is not among those."""
        try:
            return select([info for info, _ in self._known.values()], reference)
        except BadInput:
            return super().find(reference)

    def close(self) -> None:
        with _device():
            self._session.close()

    def _make(self, label: str, version: int, algorithm: Algorithm, purpose: Purpose) -> KeyInfo:
        reference = f"{label}@{version}"
        with _device():
            if algorithm is Algorithm.ECDSA:
                self._make_pair(reference)
            else:
                self._need(MAKERS.get(algorithm), algorithm)
                self._session.generate_key(
                    TYPES[algorithm],
                    None if algorithm is Algorithm.DES3 else 128,
                    label=reference,
                    store=True,
                    capabilities=USES[purpose],
                    template={Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False},
                )
        return self._fresh(reference)

    def _make_pair(self, reference: str) -> None:
        self._need(Mechanism.EC_KEY_PAIR_GEN, Algorithm.ECDSA)
        curve = {Attribute.EC_PARAMS: encode_named_curve_parameters("secp256r1")}
        parameters = self._session.create_domain_parameters(KeyType.EC, curve, local=True)
        parameters.generate_keypair(
            label=reference,
            store=True,
            capabilities=MechanismFlag.SIGN | MechanismFlag.VERIFY,
            private_template={Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False},
        )

    def _take(self, label: str, version: int, key: Secret, purpose: Purpose) -> KeyInfo:
        algorithm = key.algorithm
        self._need(CIPHERS.get(algorithm) if algorithm else None, algorithm)
        assert algorithm is not None  # noqa: S101  # `_need` has seen to it
        wraps = purpose is Purpose.WRAP
        with _device():
            self._session.create_object(
                {
                    Attribute.CLASS: ObjectClass.SECRET_KEY,
                    Attribute.KEY_TYPE: TYPES[algorithm],
                    Attribute.LABEL: f"{label}@{version}",
                    Attribute.VALUE: key.reveal(),
                    Attribute.TOKEN: True,
                    Attribute.PRIVATE: True,
                    Attribute.SENSITIVE: True,
                    Attribute.EXTRACTABLE: False,
                    Attribute.ENCRYPT: True,
                    Attribute.DECRYPT: wraps,
                    Attribute.WRAP: wraps,
                    Attribute.UNWRAP: wraps,
                    Attribute.DERIVE: not wraps,
                }
            )
        return self._fresh(f"{label}@{version}")

    def _erase(self, key: KeyInfo) -> None:
        with _device():
            for found in [*self._session.get_objects({Attribute.LABEL: key.reference})]:
                found.destroy()
        del self._known[key.reference]

    def _encrypt(self, key: KeyInfo, blocks: bytes) -> bytes:
        _, found = self._known[key.reference]
        with _device():
            parts = (blocks[start : start + CHUNK] for start in range(0, len(blocks), CHUNK))
            return b"".join(found.encrypt(part, mechanism=CIPHERS[key.algorithm]) for part in parts)

    def _decrypt(self, key: KeyInfo, blocks: bytes) -> bytes:
        _, found = self._known[key.reference]
        with _device():
            return bytes(found.decrypt(blocks, mechanism=CIPHERS[key.algorithm]))

    def _sign(self, key: KeyInfo, message: bytes) -> bytes:
        _, found = self._known[key.reference]
        with _device():
            raw = found.sign(hashlib.sha256(message).digest(), mechanism=Mechanism.ECDSA)
        return bytes(encode_ecdsa_signature(raw))

    def _public_key(self, key: KeyInfo) -> PublicKey:
        with _device():
            public: Any = self._session.get_key(ObjectClass.PUBLIC_KEY, label=key.reference)
            return PublicKey.from_der(bytes(encode_ec_public_key(public)))

    def _read(self) -> Iterator[tuple[KeyInfo, Handle]]:
        """Every key of ours in the token; what else lives there is left alone."""
        for kind, algorithm in ((KeyType.DES2, Algorithm.DES3), (KeyType.AES, Algorithm.AES)):
            wanted = {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.KEY_TYPE: kind}
            for found in self._objects(wanted):
                purpose = Purpose.WRAP if found[Attribute.WRAP] else Purpose.DERIVE
                value = found.encrypt(bytes(algorithm.block), mechanism=CIPHERS[algorithm])[:3]
                yield _info(found.label, algorithm, purpose, value.hex().upper()), found
        pairs = {Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.KEY_TYPE: KeyType.EC}
        for found in filter(_ours, [*self._session.get_objects(pairs)]):
            public: Any = self._session.get_key(ObjectClass.PUBLIC_KEY, label=found.label)
            fingerprint = PublicKey.from_der(bytes(encode_ec_public_key(public))).fingerprint
            yield _info(found.label, Algorithm.ECDSA, Purpose.SIGN, fingerprint), found

    def _objects(self, wanted: Mapping[Attribute, object]) -> Iterator[Handle]:
        return filter(_ours, [*self._session.get_objects(wanted)])  # a search must end before the next call

    def _fresh(self, reference: str) -> KeyInfo:
        self.list()
        return self._known[reference][0]

    def _need(self, mechanism: Mechanism | None, algorithm: Algorithm | None) -> None:
        if mechanism is None or mechanism not in self._mechanisms:
            raise Fault(f"该设备不支持 {algorithm}。请换用支持它的密码机，或改用其他算法。")


def open_token(uri: str, pin: Secret) -> Pkcs11Vault:
    """The vault in the token a `pkcs11:` URI names."""
    address = TokenAddress.parse(uri)
    return Pkcs11Vault(_token(address), pin)


def create_in_token(uri: str, pin: Secret) -> Pkcs11Vault:
    """The same, for a token without keys of ours; making the token itself is its maker's tool's work."""
    vault = open_token(uri, pin)
    if vault.list():
        vault.close()
        raise BadInput("令牌中已有密钥，没有改动", where=uri, remedy="请换一个令牌，或用 keys list 查看")
    return vault


def _token(address: TokenAddress) -> pkcs11.Token:
    try:
        library = pkcs11.lib(address.module)
    except (exceptions.PKCS11Error, RuntimeError) as error:
        raise BadInput("厂商库装不上", where=address.module, remedy="请核对 module-path") from error
    with _device():
        fitting = [token for token in library.get_tokens() if _fits(token, address.known)]
    if len(fitting) != 1:
        told = "，".join(f"{name}={value}" for name, value in address.known.items())
        raise BadInput(f"没有找到唯一的令牌（{told}）", where=address.module, remedy="请核对令牌名或序列号")
    return fitting[0]


def _fits(token: pkcs11.Token, known: Mapping[str, str]) -> bool:
    """Whether the token is what RFC 7512's attributes say of it."""
    serial = token.serial.decode("ascii", "replace") if isinstance(token.serial, bytes) else str(token.serial)
    facts = {
        "token": token.label,
        "serial": serial.rstrip(" \0"),
        "manufacturer": token.manufacturer_id,
        "model": token.model,
        "slot-id": str(token.slot.slot_id),
    }
    return all(facts[name] == value for name, value in known.items())


def _logged_in(token: pkcs11.Token, pin: Secret) -> Any:
    """A session. A login is the whole process's: a vault opened inside another's span needs and ends none."""
    try:
        return token.open(user_pin=pin.reveal().decode("utf-8", "replace"), rw=True)
    except exceptions.UserAlreadyLoggedIn:
        return token.open(rw=True)


def _ours(found: Handle) -> bool:
    return "@" in found.label and REFERENCE.fullmatch(found.label) is not None


def _info(reference: str, algorithm: Algorithm, purpose: Purpose, value: str) -> KeyInfo:
    label, version = parse_reference(reference)
    return KeyInfo(label, version or 1, algorithm, purpose, value)


@contextmanager
def _device() -> Iterator[None]:
    """The device's errors in our words."""
    try:
        yield
    except exceptions.PinIncorrect:
        raise BadInput("PIN 不对", remedy="请核对；多次输错会锁住令牌") from None
    except exceptions.PinLocked:
        raise Fault("令牌的 PIN 已锁住。请由管理员解锁。") from None
    except (exceptions.MechanismInvalid, exceptions.FunctionNotSupported) as error:
        raise Fault("该设备不支持此项操作。请换用支持它的密码机。") from error
    except exceptions.PKCS11Error as error:
        raise Fault(f"密码设备出错（{type(error).__name__}）。请检查设备。", retry=True) from error
