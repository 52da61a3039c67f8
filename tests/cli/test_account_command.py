"""`samkeeper account`: a sign-in with a password that is shown once."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from tests.cli.command import Office
from tests.cli.conftest import Called
from tests.office import stand_up

WANGMIN = ["account", "wangmin", "--name", "王敏", "--role", "custodian", "--body", "01010001"]


def test_an_account_is_made_with_a_password_that_is_shown_once(full: Office) -> None:
    status, out, error = full.run(*WANGMIN)
    assert (status, error) == (0, [])
    username, password = out.split()[0], out.split()[-1]
    with closing(sqlite3.connect(full.database)) as database:
        (kept,) = database.execute("SELECT password FROM parties_account WHERE username = ?", [username]).fetchone()
    assert len(password) >= 12
    assert password not in kept


@pytest.mark.django_db
def test_what_is_wrong_is_one_line(called: Called) -> None:
    stand_up()
    mine = [*WANGMIN[:-1], "1101010001"]
    assert called(*mine).status == 0
    wrong = [
        mine,
        WANGMIN,
        [*mine[:5], "minister", *mine[6:]],
        ["account", "wang min", *mine[2:]],
        ["account", "wangmin2"],
    ]
    for words in wrong:
        status, out, error = called(*words)
        assert (status, out, len(error)) == (2, "", 1), words
