"""Numbers on and in a holder's card: the card number's check character, the card identification code."""

from __future__ import annotations

from samkeeper.keys.mac import retail_mac

WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
REGISTERED_ID = bytes.fromhex("D156000005")  # social security's RID in every application's name


def check_character(number: str) -> str:
    """The ninth character of a 卡号 after GB 11714: eight digits or capitals in, one of 0-9 and X out."""
    if len(number) != len(WEIGHTS) or any(character not in CHARACTERS for character in number):
        raise ValueError(f"not eight digits or capitals: {number!r}")
    total = sum(weight * CHARACTERS.index(character) for weight, character in zip(WEIGHTS, number, strict=True))
    return "0123456789X"[(11 - total % 11) % 11]


def valid_card_number(number: str) -> bool:
    """Whether nine characters carry the right check character."""
    try:
        return len(number) == 9 and check_character(number[:8]) == number[8]
    except ValueError:
        return False


def card_id_body(city: bytes, serial: bytes) -> bytes:
    """The first twelve bytes of a 卡识别码: city 3 (BCD) ‖ D156000005 ‖ the card serial's last four."""
    if len(city) != 3 or len(serial) < 4:
        raise ValueError("a city code has 3 bytes, a card serial at least 4")
    return city + REGISTERED_ID + serial[-4:]


def card_id_code(key: bytes, city: bytes, serial: bytes) -> bytes:
    """The 16 bytes of a 卡识别码 (LD/T 32): its body and MAC4 by the internal authentication key, IV 0."""
    body = card_id_body(city, serial)
    return body + retail_mac(key, body)[:4]
