"""GM/T 0018 (SDF) by ctypes: the calls a vault needs, with the machine's answers in our words."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from ctypes import POINTER, c_char_p, c_int, c_ubyte, c_uint, c_void_p

from samkeeper.errors import BadInput, Fault
from samkeeper.keys.secret import Secret

SM4_ECB = 0x00000401  # SGD_SM4_ECB, GM/T 0006
FIELD = 64  # ECCref_MAX_LEN: numbers of 32 bytes stand at its right end
NO_RIGHT = 0x01000018  # SDR_PARDENY: the private key's access password is wrong
NOT_SUPPORTED = 0x01000002  # SDR_NOTSUPPORT


class EccPublicKey(ctypes.Structure):
    """ECCrefPublicKey."""

    _fields_ = [("bits", c_uint), ("x", c_ubyte * FIELD), ("y", c_ubyte * FIELD)]


class EccSignature(ctypes.Structure):
    """ECCSignature."""

    _fields_ = [("r", c_ubyte * FIELD), ("s", c_ubyte * FIELD)]


HANDLE = POINTER(c_void_p)
PROTOTYPES: dict[str, tuple[type, ...]] = {
    "SDF_OpenDevice": (HANDLE,),
    "SDF_CloseDevice": (c_void_p,),
    "SDF_OpenSession": (c_void_p, HANDLE),
    "SDF_CloseSession": (c_void_p,),
    "SDF_GetPrivateKeyAccessRight": (c_void_p, c_uint, c_char_p, c_uint),
    "SDF_ExportSignPublicKey_ECC": (c_void_p, c_uint, POINTER(EccPublicKey)),
    "SDF_ExportEncPublicKey_ECC": (c_void_p, c_uint, POINTER(EccPublicKey)),
    "SDF_InternalSign_ECC": (c_void_p, c_uint, c_char_p, c_uint, POINTER(EccSignature)),
    "SDF_GenerateKeyWithKEK": (c_void_p, c_uint, c_uint, c_uint, c_char_p, POINTER(c_uint), HANDLE),
    "SDF_ImportKeyWithKEK": (c_void_p, c_uint, c_uint, c_char_p, c_uint, HANDLE),
    "SDF_ImportKeyWithISK_ECC": (c_void_p, c_uint, c_char_p, HANDLE),
    "SDF_DestroyKey": (c_void_p, c_void_p),
    "SDF_Encrypt": (c_void_p, c_void_p, c_uint, c_char_p, c_char_p, c_uint, c_char_p, POINTER(c_uint)),
    "SDF_Decrypt": (c_void_p, c_void_p, c_uint, c_char_p, c_char_p, c_uint, c_char_p, POINTER(c_uint)),
}


class Machine:
    """One session with a cryptographic machine. Its key handles live as long as the session."""

    def __init__(self, library: str) -> None:
        try:
            self._library = ctypes.CDLL(library)
            for name, arguments in PROTOTYPES.items():
                function = getattr(self._library, name)
                function.restype, function.argtypes = c_int, arguments
        except (OSError, AttributeError) as error:
            raise BadInput("厂商库装不上，或缺少 GM/T 0018 的函数", where=library, remedy="请核对 library") from error
        self._device, self._session = c_void_p(), c_void_p()
        self._call("SDF_OpenDevice", ctypes.byref(self._device))
        self._call("SDF_OpenSession", self._device, ctypes.byref(self._session))

    def close(self) -> None:
        self._call("SDF_CloseSession", self._session)
        self._call("SDF_CloseDevice", self._device)

    def unlock(self, pair: int, password: Secret) -> None:
        """The right to use the private keys of a pair, by its access password."""
        self._in_session("SDF_GetPrivateKeyAccessRight", pair, password.reveal(), len(password))

    def signing_point(self, pair: int) -> bytes:
        return self._exported("SDF_ExportSignPublicKey_ECC", pair)

    def encryption_point(self, pair: int) -> bytes:
        return self._exported("SDF_ExportEncPublicKey_ECC", pair)

    def sign(self, pair: int, digest: bytes) -> tuple[bytes, bytes]:
        """r and s, 32 bytes each, over a digest that already binds signer and message."""
        signature = EccSignature()
        self._in_session("SDF_InternalSign_ECC", pair, digest, len(digest), ctypes.byref(signature))
        return bytes(signature.r)[-32:], bytes(signature.s)[-32:]

    def generate(self, kek: int) -> bytes:
        """A new SM4 key as the machine gives it out: encrypted under its own key-encryption key."""
        out, size, handle = ctypes.create_string_buffer(64), c_uint(64), c_void_p()
        numbers = (128, SM4_ECB, kek)
        self._in_session("SDF_GenerateKeyWithKEK", *numbers, out, ctypes.byref(size), ctypes.byref(handle))
        self._in_session("SDF_DestroyKey", handle)
        return out.raw[: size.value]

    def load(self, kek: int, wrapped: bytes) -> c_void_p:
        """A handle for a key that `generate` gave out."""
        handle = c_void_p()
        self._in_session("SDF_ImportKeyWithKEK", SM4_ECB, kek, wrapped, len(wrapped), ctypes.byref(handle))
        return handle

    def load_envelope(self, pair: int, envelope: bytes) -> c_void_p:
        """A handle for a key encrypted to the machine's public key: an ECCCipher structure."""
        handle = c_void_p()
        self._in_session("SDF_ImportKeyWithISK_ECC", pair, envelope, ctypes.byref(handle))
        return handle

    def encrypt(self, key: c_void_p, blocks: bytes) -> bytes:
        return self._blocks("SDF_Encrypt", key, blocks)

    def decrypt(self, key: c_void_p, blocks: bytes) -> bytes:
        return self._blocks("SDF_Decrypt", key, blocks)

    def _blocks(self, name: str, key: c_void_p, blocks: bytes) -> bytes:
        out, size = ctypes.create_string_buffer(len(blocks)), c_uint(len(blocks))
        self._in_session(name, key, SM4_ECB, None, blocks, len(blocks), out, ctypes.byref(size))
        return out.raw[: size.value]

    def _exported(self, name: str, pair: int) -> bytes:
        key = EccPublicKey()
        self._in_session(name, pair, ctypes.byref(key))
        return b"\x04" + bytes(key.x)[-32:] + bytes(key.y)[-32:]

    def _in_session(self, name: str, *arguments: object) -> None:
        self._call(name, self._session, *arguments)

    def _call(self, name: str, *arguments: object) -> None:
        function: Callable[..., int] = getattr(self._library, name)
        answer = function(*arguments) & 0xFFFFFFFF
        if answer == NO_RIGHT:
            raise BadInput("私钥访问口令不对", remedy="请核对口令；多次输错密码机会锁定")
        if answer == NOT_SUPPORTED:
            raise Fault(f"该设备不支持 {name}。请换用支持它的密码机。")
        if answer:
            raise Fault(f"密码机没有完成 {name}（0x{answer:08X}）。请检查密码机。", retry=True)


def envelope(x: int, y: int, digest: bytes, cipher: Sequence[int] | bytes) -> bytes:
    """An ECCCipher structure: x, y in fields of 64 bytes, M 32, L 4, C."""
    numbers = b"".join(number.to_bytes(FIELD, "big") for number in (x, y))
    return numbers + digest + len(cipher).to_bytes(4, "little") + bytes(cipher)
