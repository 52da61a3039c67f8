"""What a file is, by its content: a name can say anything.

Four kinds come back signed: PDF, OFD (GB/T 33190), PNG and JPEG. Anything else is refused, whatever it calls itself,
and so is a file that breaks off or that needs a password to be read years from now.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass

from samkeeper.errors import BadInput

KINDS = "PDF、OFD、PNG、JPEG"
SEND_ANEW = "请重新扫描或导出后再上传"

PDF_HEAD, PDF_END, PDF_LOCKED = b"%PDF-", b"%%EOF", b"/Encrypt"
PDF_TAIL = 2048  # bytes from the end within which readers look for the end mark
PNG_HEAD, PNG_END = b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82"
JPEG_HEAD, JPEG_SCAN, JPEG_END = b"\xff\xd8\xff", 0xDA, b"\xff\xd9"
ZIP_HEAD = b"PK\x03\x04"


@dataclass(frozen=True, slots=True)
class FileType:
    suffix: str
    media_type: str


PDF = FileType(".pdf", "application/pdf")
OFD = FileType(".ofd", "application/ofd")
PNG = FileType(".png", "image/png")
JPEG = FileType(".jpg", "image/jpeg")
TYPES = {kind.media_type: kind for kind in (PDF, OFD, PNG, JPEG)}
SUFFIXES = {".jpeg", *(kind.suffix for kind in TYPES.values())}


def recognise(content: bytes) -> FileType:
    """The kind of a whole file. Raises `BadInput` for any other kind and for a file that is not whole."""
    if content.startswith(PDF_HEAD):
        return _pdf(content)
    if content.startswith(PNG_HEAD):
        return _whole(PNG, PNG_END in content)
    if content.startswith(JPEG_HEAD):
        return _whole(JPEG, _jpeg_ends(content))
    if content.startswith(ZIP_HEAD) and _is_ofd(content):
        return OFD
    raise BadInput(f"这不是可以收存的文件，只收{KINDS}（以内容为准，改文件名无效）", remedy=SEND_ANEW)


def _whole(kind: FileType, is_whole: bool) -> FileType:
    if not is_whole:
        raise BadInput("文件不完整，可能没有传完", remedy=SEND_ANEW)
    return kind


def _pdf(content: bytes) -> FileType:
    """The trailer that names an encryption dictionary is never compressed (ISO 32000-1 7.5.8)."""
    if PDF_LOCKED in content:
        raise BadInput("文件加了口令或权限限制，日后可能打不开", remedy="请去掉口令，另存后再上传")
    return _whole(PDF, PDF_END in content[-PDF_TAIL:])


def _jpeg_ends(content: bytes) -> bool:
    """Whether the picture's own end comes after its scan; a preview before it has an end of its own.

    Telephones append films to pictures, so more may follow.
    """
    place = 2
    while place + 4 <= len(content) and content[place] == 0xFF:
        if content[place + 1] == JPEG_SCAN:
            return JPEG_END in content[place:]
        place += 2 + int.from_bytes(content[place + 2 : place + 4])
    return False


def _is_ofd(content: bytes) -> bool:
    """A ZIP archive with OFD.xml at its root (GB/T 33190 第6章); nothing is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return "OFD.xml" in archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return False
