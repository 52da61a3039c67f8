"""Outside the form: copies, the code to verify by, reprints, what the PDF says of itself, and the fonts in it."""

from __future__ import annotations

import io
import re
import subprocess
from dataclasses import replace

import pytest
import segno
import typst

from samkeeper.errors import BadInput, Fault
from samkeeper.papers.forms import Cancellation, Margin, Undertaking, filling, render
from samkeeper.papers.typesetting import family, fetched
from samkeeper.rules.evidence import Form
from tests.papers.samples import AT, EMPTY, FORMS, UNIT, bare, facts_of, form_of, pages, text

ADDRESS = "https://kahu.example.gov.cn/verify/abcdefghijklmnopqrstuvwxyz012345/"
FIRST = Margin(verify=ADDRESS, printed_at=AT, reference="案件 2026-000001")


def printed(margin: Margin = FIRST, book: str = "beijing", count: int = 1) -> bytes:
    return render(form_of(book, Form.CANCELLATION), facts_of(Form.CANCELLATION, count), margin=margin)


@pytest.mark.parametrize(("book", "form"), FORMS)
def test_every_copy_has_the_same_number_and_says_which_it_is(book: str, form: Form) -> None:
    copies = form_of(book, form).copies
    pdf = render(form_of(book, form), facts_of(form, 9), margin=FIRST)
    assert copies == (1 if book == "jieyang" else 2)
    assert pages(pdf) == 2 * copies
    for copy in range(1, copies + 1):
        form_page, list_page = (bare(text(pdf, 2 * copy - 1 + place)) for place in (0, 1))
        which = f"一式{copies}份之第{copy}份，" if copies > 1 else ""
        assert re.findall(r"编号[：:](2026-000001)", form_page + list_page) == ["2026-000001"] * 2
        assert f"{which}第1页，共2页" in form_page
        assert f"{which}第2页，共2页" in list_page


def test_copies_differ_in_nothing_else() -> None:
    first, second = (text(printed(), page).replace(f"第{page}份", "") for page in (1, 2))
    assert first == second


def test_margin_says_where_to_verify_when_it_was_printed_and_what_it_belongs_to() -> None:
    below = bare(text(printed(), 1))
    assert f"案件2026-000001核验：{ADDRESS}打印时间：2026-11-2114:03:22" in below


def test_code_leads_to_the_address() -> None:
    drawn = io.BytesIO()
    segno.make(ADDRESS, error="q", micro=False).save(drawn, kind="svg", border=2, xmldecl=False)
    data = filling(form_of("beijing", Form.CANCELLATION), facts_of(Form.CANCELLATION, 1), FIRST)
    assert data["margin"]["code"] == drawn.getvalue().decode()


def test_form_without_a_token_carries_no_code() -> None:
    data = filling(form_of("beijing", Form.CANCELLATION), facts_of(Form.CANCELLATION, 1))
    assert data["margin"] == {"notes": [], "reprint": "", "code": "", "facts": []}


def test_reprint_is_marked_on_every_page_and_a_first_print_is_not() -> None:
    again = printed(replace(FIRST, print_no=3), count=5)
    assert pages(again) == 4
    assert all("重打第3次" in bare(text(again, page)) for page in range(1, 5))
    assert "重打" not in text(printed())


@pytest.mark.parametrize(("book", "form"), FORMS)
def test_form_that_is_inferred_says_so_in_the_margin(book: str, form: Form) -> None:
    page = bare(text(render(form_of(book, form), facts_of(form, 1)), 1))
    no = form_of(book, form).no
    assert (f"{no}式样未随文公布，本式样系推定" in page) == (book == "jieyang")
    assert ("所存文本残缺，个别栏目系推定" in page) == (book == "health")


def test_pdf_is_made_to_last_and_says_what_it_is() -> None:
    pdf = printed()
    told = subprocess.run(["pdfinfo", "-"], input=pdf, capture_output=True, check=True).stdout.decode()
    assert re.search("Title: +北京市社会保障PSAM卡注销表\n", told)
    assert re.search("Page size: +595.276 x 841.89 pts \\(A4\\)", told)
    assert b"<pdfaid:part>2</pdfaid:part>" in pdf
    assert b"<pdfaid:conformance>B</pdfaid:conformance>" in pdf


def test_every_font_is_embedded_and_the_title_is_bold() -> None:
    told = subprocess.run(["pdffonts", "-"], input=printed(), capture_output=True, check=True).stdout.decode()
    fonts = [line.split() for line in told.splitlines()[2:]]
    assert {bool(re.search("Bold", font[0])) for font in fonts} == {True, False}
    assert all(font[-5:-2] == ["yes", "yes", "yes"] for font in fonts)  # embedded, subset, readable as text


def test_same_facts_make_the_same_bytes() -> None:
    assert printed() == printed()


def test_pictures_are_of_one_page() -> None:
    form, facts = form_of("beijing", Form.CANCELLATION), facts_of(Form.CANCELLATION, 5)
    assert render(form, facts, format="png").startswith(b"\x89PNG")
    assert render(form, facts, format="svg", page=4).startswith(b"<svg")
    assert render(form, facts, format="svg", page=1) != render(form, facts, format="svg", page=2)
    with pytest.raises(BadInput, match="没有第5页，共4页"):
        render(form, facts, format="png", page=5)


def test_picture_of_a_paper_of_one_page() -> None:
    form = form_of("jieyang", Form.UNDERTAKING)
    assert render(form, Undertaking(), format="png").startswith(b"\x89PNG")
    with pytest.raises(BadInput, match="没有第2页，共1页"):
        render(form, Undertaking(), format="svg", page=2)


def test_machine_without_a_font_is_told_which_package_to_install() -> None:
    with pytest.raises(Fault, match="fonts-noto-cjk"):
        family(typst.Fonts(include_system_fonts=False, include_embedded_fonts=True))


def test_font_fetched_at_set_up_is_enough() -> None:
    alone = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=fetched())
    assert family(alone) == "Noto Serif SC"
    assert {font.weight for font in alone.fonts()} == {400, 700}


def test_stroke_in_a_box_is_drawn() -> None:
    """The stroke lies over the box, so a form with one differs from one without in just that sign."""
    form = form_of("beijing", Form.CANCELLATION)
    blank = text(render(form, Cancellation(unit=EMPTY)), 1)
    struck = text(render(form, replace(facts_of(Form.CANCELLATION, 2, UNIT))), 1)
    assert (blank.count("√"), struck.count("√")) == (0, 2)
    assert blank.count("□") == struck.count("□") == 12
