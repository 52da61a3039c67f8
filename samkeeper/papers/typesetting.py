"""Typst: fonts, the layouts under `layout/`, and a paper as PDF/A-2b or as a picture.

A layout reads one JSON value of strings, numbers and lists; what people typed is never read as markup.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal

import typst

from samkeeper.errors import BadInput, Fault

Format = Literal["pdf", "png", "svg"]

LAYOUT = Path(__file__).parent / "layout"
DPI = 144.0

# One of these must be there: first those that hold the rare characters of names, then what other systems bring.
SERIFS = ("Noto Serif CJK SC", "Source Han Serif SC", "Noto Serif SC", "Songti SC", "SimSun")

# The font that `./dev` fetches with the pages' other files, so that a machine without one can print.
FETCHED = Path(__file__).parents[2] / "node_modules" / "@expo-google-fonts" / "noto-serif-sc"

# What Typst says of a sign that no font has; PDF/A does not let it stand as a box.
NO_GLYPH = re.compile(r'the text `"(.+?)"` could not be displayed')

NO_FONT = (
    "这台机器上没有可以印公文的宋体字，打印不了表格。请安装字体软件包"
    "（Debian、Ubuntu：apt-get install fonts-noto-cjk），或在检出的目录里重新运行 ./dev demo。"
)


@cache
def fonts() -> typst.Fonts:
    """The fonts of the system and those that were fetched at set-up; looked for once a process."""
    return typst.Fonts(include_system_fonts=True, include_embedded_fonts=False, font_paths=fetched())


def fetched() -> list[str]:
    """The folders of the two weights that papers need; none where `./dev` has not run."""
    return [str(folder) for weight in ("400Regular", "700Bold") if (folder := FETCHED / weight).is_dir()]


def family(available: typst.Fonts) -> str:
    """The family that papers are set in. Raises `Fault` where there is none."""
    there = set(available.families())
    for name in SERIFS:
        if name in there:
            return name
    raise Fault(NO_FONT)


def compiler_of(file: str, data: Mapping[str, Any]) -> typst.Compiler:
    """Typst with the layout `file` and what it is to show. Raises `Fault` without a font."""
    available = fonts()
    inputs = {"data": json.dumps({**data, "fonts": [family(available)]}, ensure_ascii=False)}
    return typst.Compiler(
        str(LAYOUT / f"{file}.typ"), root=str(LAYOUT), font_paths=available, ignore_system_fonts=True, sys_inputs=inputs
    )


def typeset(file: str, data: Mapping[str, Any], *, format: Format, page: int, at: datetime | None) -> bytes:
    """The layout `file` filled with `data`: the whole as PDF/A-2b, or one page (from 1) as a picture.

    `at`: the moment in the PDF's own description. Raises `Fault` without a font, `BadInput` for a sign that no font
    has and for a page that is not there.
    """
    compiler = compiler_of(file, data)
    try:
        if format == "pdf":
            return _page(
                compiler.compile(format="pdf", pdf_standards=["a-2b"], timestamp=at and at.replace(microsecond=0)), 1
            )
        return _page(compiler.compile(format=format, ppi=DPI), page)
    except typst.TypstError as error:
        if unknown := NO_GLYPH.search(error.message):
            raise BadInput(f"“{unknown[1]}”无字形，印不出来", remedy="请改用规范汉字、字母或数字") from error
        raise


def _page(made: bytes | list[bytes] | None, page: int) -> bytes:
    """The whole PDF, or one of the pictures: Typst gives a list of them, unless there is but one."""
    pages = made if isinstance(made, list) else [made or b""]
    if not 1 <= page <= len(pages):
        raise BadInput(f"没有第{page}页，共{len(pages)}页", remedy="请核对页码")
    return pages[page - 1]
