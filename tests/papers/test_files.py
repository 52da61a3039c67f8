"""Files that come back: told by their content, kept once, whole or not at all, handed out so that nothing runs."""

from __future__ import annotations

import hashlib
import io
import resource
import signal
import subprocess
import sys
import textwrap
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pytest_django import Settings

from samkeeper.errors import BadInput, Fault, NotYours
from samkeeper.papers import filetypes, store
from samkeeper.papers.actions import MAX_BYTES, keep_attachment
from samkeeper.papers.filetypes import recognise
from samkeeper.papers.forms import Undertaking, render
from samkeeper.papers.models import Attachment
from samkeeper.papers.views import hand_out
from samkeeper.parties.models import Account
from samkeeper.rules.evidence import Form
from tests.office import stand_up
from tests.papers.samples import AT, form_of

JPEG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffda00080101000000003f00d2cf20ffd9")


def packed(*names: str) -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as archive:
        for name in names:
            archive.writestr(name, "<x/>")
    return kept.getvalue()


PDF = render(form_of("jieyang", Form.UNDERTAKING), Undertaking())
PNG = render(form_of("jieyang", Form.UNDERTAKING), Undertaking(), format="png")
OFD = packed("OFD.xml", "Doc_0/Document.xml")
WHOLE = {filetypes.PDF: PDF, filetypes.PNG: PNG, filetypes.JPEG: JPEG, filetypes.OFD: OFD}

DISGUISED = {
    "program.pdf": b"MZ\x90\x00" + bytes(200),
    "program.png": b"\x7fELF" + bytes(200),
    "page.jpg": b"<!DOCTYPE html><script>alert(1)</script>",
    "drawing.png": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "archive.ofd": packed("evil.exe"),
    "document.pdf": packed("[Content_Types].xml", "word/document.xml"),
    "broken.ofd": b"PK\x03\x04" + bytes(40),
    "animation.png": b"GIF89a" + bytes(40),
    "late.pdf": b"<html>%PDF-1.7 %%EOF</html>",
    "text.pdf": "盖章的表2".encode(),
}


@pytest.fixture
def folder(tmp_path: Path, settings: Settings) -> Iterator[Path]:
    settings.VAR = tmp_path
    yield tmp_path / "papers"


@pytest.fixture
def officer() -> Account:
    return stand_up().accounts["officer"]


def kept_files(folder: Path) -> list[Path]:
    return [file for file in folder.rglob("*") if file.is_file()]


def keep(content: bytes, name: str, by: Account) -> Attachment:
    return keep_attachment(io.BytesIO(content), name=name, by=by, at=AT)


@pytest.mark.parametrize("kind", WHOLE, ids=lambda kind: kind.suffix)
def test_kind_is_told_by_content(kind: filetypes.FileType) -> None:
    assert recognise(WHOLE[kind]) is kind


@pytest.mark.parametrize("name", DISGUISED)
def test_disguised_file_is_refused(name: str) -> None:
    with pytest.raises(BadInput, match="只收PDF、OFD、PNG、JPEG"):
        recognise(DISGUISED[name])


@pytest.mark.parametrize("kind", [filetypes.PDF, filetypes.PNG, filetypes.JPEG], ids=lambda kind: kind.suffix)
def test_file_that_breaks_off_is_refused(kind: filetypes.FileType) -> None:
    with pytest.raises(BadInput, match="文件不完整"):
        recognise(WHOLE[kind][:-8])


def test_preview_inside_a_picture_is_not_taken_for_its_end() -> None:
    preview = b"\xff\xe1\x00\x08\xff\xd8\xff\xd9"
    with_preview = JPEG[:20] + preview + b"\x00\x00" + JPEG[20:]
    assert recognise(with_preview) is filetypes.JPEG
    with pytest.raises(BadInput, match="文件不完整"):
        recognise(with_preview[:-2])


def test_film_behind_a_telephone_s_picture_does_no_harm() -> None:
    assert recognise(JPEG + b"\x00\x00\x00\x18ftypmp42" + bytes(400)) is filetypes.JPEG


def test_pdf_with_a_password_is_refused() -> None:
    with pytest.raises(BadInput, match="口令"):
        recognise(PDF.replace(b"<</Size", b"<</Encrypt 9 0 R/Size"))


@pytest.mark.django_db
def test_attachment_is_kept_by_its_hash_under_what_it_really_is(folder: Path, officer: Account) -> None:
    kept = keep(PNG, r"C:\扫描\..\表2 盖章.pdf", officer)
    assert (kept.media_type, kept.name, kept.file_name) == ("image/png", "表2 盖章.pdf", "表2 盖章.png")
    assert (kept.size, kept.kept_at, kept.kept_by) == (len(PNG), AT, officer)
    assert kept.sha256 == hashlib.sha256(PNG).hexdigest()
    assert store.read(kept.sha256) == PNG


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("given", "saved"),
    [
        ("表2.PDF", "表2.pdf"),
        ("2026.11.21扫描", "2026.11.21扫描.pdf"),
        ("照片.jpeg", "照片.pdf"),
        ("x.exe", "x.exe.pdf"),
    ],
)
def test_saved_name_ends_in_what_the_file_is(folder: Path, officer: Account, given: str, saved: str) -> None:
    assert keep(PDF, given, officer).file_name == saved


@pytest.mark.django_db
def test_same_bytes_are_kept_once(folder: Path, officer: Account) -> None:
    first, second = keep(PDF, "正面.pdf", officer), keep(PDF, "再传一次.pdf", officer)
    assert first.pk != second.pk
    assert kept_files(folder) == [store.place(first.sha256)]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "空的"),
        (PDF + bytes(MAX_BYTES), "超过20MB"),
        (DISGUISED["program.pdf"], "只收"),
        (PDF[:-8], "不完整"),
    ],
)
def test_refused_file_leaves_nothing_and_is_named(folder: Path, officer: Account, content: bytes, says: str) -> None:
    with pytest.raises(BadInput, match=f"表2.pdf：.*{says}"):
        keep(content, "表2.pdf", officer)
    assert not folder.exists()
    assert not Attachment.objects.exists()


@pytest.mark.django_db
def test_largest_file_is_taken(folder: Path, officer: Account) -> None:
    largest = PNG + bytes(MAX_BYTES - len(PNG))
    assert keep(largest, "大图.png", officer).size == MAX_BYTES


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("表2\u202egpj.exe", "表2gpj.exe"),
        ("a\r\nSet-Cookie: x.pdf", "aSet-Cookie: x.pdf"),
        ("...", "附件"),
        ("", "附件"),
        ("长" * 300 + ".pdf", "长" * 100),
    ],
)
def test_name_is_the_last_part_without_hidden_signs(folder: Path, officer: Account, given: str, kept: str) -> None:
    assert keep(PDF, given, officer).name == kept


@pytest.mark.django_db
def test_file_is_handed_out_so_that_no_browser_runs_it(folder: Path, officer: Account) -> None:
    response = hand_out(keep(PDF, "表2 盖章.pdf", officer), officer, may=lambda who, what: who == what.kept_by)
    assert response.content == PDF
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == "attachment; filename*=utf-8''%E8%A1%A82%20%E7%9B%96%E7%AB%A0.pdf"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response["Cache-Control"] == "private, no-store"


@pytest.mark.django_db
def test_file_of_others_answers_like_one_that_is_not_there(folder: Path, officer: Account) -> None:
    with pytest.raises(NotYours):
        hand_out(keep(PDF, "表2.pdf", officer), officer, may=lambda who, what: False)


def test_changed_or_missing_file_is_a_fault(folder: Path) -> None:
    sha256 = store.keep(PDF)
    store.place(sha256).write_bytes(PDF + b" ")
    with pytest.raises(Fault, match="与登记的摘要不符"):
        store.read(sha256)
    store.place(sha256).unlink()
    with pytest.raises(Fault, match="读不出来"):
        store.read(sha256)


def test_many_who_bring_the_same_bytes_at_once_all_succeed(folder: Path) -> None:
    content = bytes(2**20)
    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(lambda _: store.keep(content), range(40)))) == 1
    assert [file.read_bytes() for file in kept_files(folder)] == [content]


WRITER = """
import os, sys
from pathlib import Path
from django.conf import settings
settings.configure(VAR=Path(sys.argv[1]))
from samkeeper.papers import store
print("ready", flush=True)
while True:
    store.keep(os.urandom(2**20))
"""


def test_killed_writer_leaves_only_whole_files(tmp_path: Path) -> None:
    for pause in (0.05, 0.11, 0.17):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE)
        assert writer.stdout and writer.stdout.readline() == b"ready\n"
        time.sleep(pause)
        writer.send_signal(signal.SIGKILL)
        writer.wait()
    named = [file for file in kept_files(tmp_path) if not file.name.startswith(".")]
    assert named
    assert all(hashlib.sha256(file.read_bytes()).hexdigest() == file.name for file in named)


FULL_DISK = textwrap.dedent("""
    import sys
    from pathlib import Path
    from django.conf import settings
    settings.configure(VAR=Path(sys.argv[1]))
    from samkeeper.errors import Fault
    from samkeeper.papers import store
    try:
        store.keep(bytes(2**20))
    except Fault as fault:
        print(fault.message)
""")


def test_full_disk_is_a_fault_and_leaves_nothing(tmp_path: Path) -> None:
    """A limit on the size of files stands in for the disk: the system itself stops the write half-way."""

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (2**19, 2**19))

    command = [sys.executable, "-c", FULL_DISK, str(tmp_path)]
    told = subprocess.run(command, preexec_fn=limit, capture_output=True, check=True).stdout.decode()
    assert "写入" in told and "没有留下半份文件" in told
    assert kept_files(tmp_path) == []
