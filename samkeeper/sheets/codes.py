"""The numbers of the trade, checked as far as their standards allow without a register."""

from __future__ import annotations

import re

from samkeeper.sheets.kinds import Kind, half_width

# GB/T 2260: the whole country, for ministries.
NATION = "100000"

# GB/T 2260: the first two digits are a province-level division.
PROVINCE = re.compile("1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[12]")

# GB 32100-2015 4.7: the alphabet leaves out I, O, S, V and Z; the weights are 3^i mod 31.
CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CREDIT_VALUES = {char: value for value, char in enumerate(CREDIT_ALPHABET)}
CREDIT_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))


def _read_area_code(given: str) -> str:
    value = half_width(given)
    if not re.fullmatch(r"[0-9]{6}", value):
        raise ValueError("应为 6 位数字的行政区划代码，如 445202；请核对后改正")
    if value == NATION:
        return value
    if not PROVINCE.match(value) or (value[2:4] == "00" and value[4:] != "00"):
        raise ValueError("不是行政区划代码（GB/T 2260）；请核对前两位省级代码和中间两位市级代码")
    return value


def credit_check_char(first17: str) -> str:
    """The 18th character of a unified social credit code (GB 32100-2015): (31 − Σ aᵢ·wᵢ mod 31) mod 31."""
    total = sum(CREDIT_VALUES[char] * weight for char, weight in zip(first17, CREDIT_WEIGHTS, strict=True))
    return CREDIT_ALPHABET[-total % 31]


def _read_credit_code(given: str) -> str:
    value = half_width(given)
    if len(value) != 18:
        raise ValueError(f"应为 18 位，现有 {len(value)} 位；请照登记证书补全")
    if strange := [char for char in value if char not in CREDIT_VALUES]:
        raise ValueError(f"含有这种代码不用的字符 {strange[0]}；请照登记证书改正")
    if value[17] != (wanted := credit_check_char(value[:17])):
        raise ValueError(f"校验码应为 {wanted}；请核对后改正")
    return value


def _read_unit_no(given: str) -> str:
    value = half_width(given)
    if not re.fullmatch(r"[0-9A-Z][0-9A-Z-]{3,19}", value):
        raise ValueError("应为 4 到 20 位数字或字母；请核对后改正")
    return value


def _read_sam_no(given: str) -> str:
    value = half_width(given)
    if not re.fullmatch(r"[0-9A-F]{12}", value):
        raise ValueError(f"应为 12 位数字或字母 A 到 F，现有 {len(value)} 位；请核对卡面上的终端机编号")
    return value


def _read_serial_no(given: str) -> str:
    value = half_width(given)
    if not re.fullmatch(r"[0-9A-F]{20}", value):
        raise ValueError(f"应为 20 位数字或字母 A 到 F，现有 {len(value)} 位；请核对卡面上的序列号")
    if value.startswith("FF"):
        raise ValueError("以 FF 开头表示卡尚未发行；请用发行后的序列号")
    return value


def _read_phone(given: str) -> str:
    value = re.sub(r"[()（）]", "-", half_width(given)).replace("--", "-").strip("-").removeprefix("+86")
    compact = value.replace("-", "")
    if re.fullmatch(r"1[3-9][0-9]{9}|[48]00[0-9]{7}", compact):
        return compact
    if landline := re.fullmatch(r"(0[0-9]{2,3}-?)?([2-8][0-9]{6,7})(-[0-9]{1,5})?", value):
        area, number, extension = landline.groups()
        return "-".join(part.strip("-") for part in (area, number, extension) if part)
    raise ValueError("不是电话号码；请写成 13800000000 或 010-12345678")


area_code = Kind(_read_area_code, hint="6 位行政区划代码，如 445202")
"""The shape of a GB/T 2260 code: whether the division exists is for a register to say."""

social_credit_code = Kind(_read_credit_code, hint="18 位统一社会信用代码")
"""GB 32100-2015 with its check character."""

unit_no = Kind(_read_unit_no, hint="4 到 20 位数字或字母")
"""A unit's number as its bureau gives it: no national shape (8 digits in Beijing's forms, H + 11 digits nationally)."""

sam_no = Kind(_read_sam_no, hint="12 位终端机编号（EF16）")
"""EF16 of the card in hex: decimal digits by the book, but cards in the field hold A–F too."""

serial_no = Kind(_read_serial_no, hint="20 位序列号（EF15）")
"""The first ten bytes of EF15 in hex; FF in the first marks an unissued card."""

phone = Kind(_read_phone, hint="手机号，或区号-号码")
