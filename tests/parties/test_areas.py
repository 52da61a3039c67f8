"""Names of areas."""

from __future__ import annotations

import pytest

from samkeeper.parties.areas import area_name


@pytest.mark.parametrize(("code", "name"), [("110101", "东城区"), ("445200", "揭阳市"), ("310000", "区划 310000")])
def test_an_area_has_its_name_or_shows_its_code(code: str, name: str) -> None:
    assert area_name(code) == name
