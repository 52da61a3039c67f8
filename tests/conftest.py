"""What every test shares: the office's settings on files of its own, and nothing of the user's `var/`."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator

import django
import hypothesis
import pytest
from django.conf import settings

# Tests never write into the checkout's own var/. Named in pyproject.toml, the settings would be read before this.
os.environ["SAMKEEPER_VAR"] = tempfile.mkdtemp(prefix="samkeeper-test-")
os.environ["SAMKEEPER_SECRET_KEY"] = "only-for-tests"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "samkeeper.site.settings")


# A loaded machine is no fault of the code; CI tries the same examples every time, a developer new ones.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "patient")

# Before any other conftest or test file is imported: they import models.
django.setup()

# Real password hashes are slow on purpose; a test makes hundreds of accounts.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True, scope="session")
def _empty_tables_after_tests_that_commit() -> Iterator[None]:
    """Tables that refuse DELETE and TRUNCATE cannot be emptied after a `transaction=True` test: lift the triggers."""
    from django.db import connection  # noqa: PLC0415  # not before the settings above
    from django.test import TransactionTestCase  # noqa: PLC0415

    from samkeeper.ledger import triggers  # noqa: PLC0415

    empty = TransactionTestCase._fixture_teardown

    def lift_and_empty(case: TransactionTestCase) -> None:
        triggers.remove(connection, triggers.house())
        try:
            empty(case)
        finally:
            triggers.install(connection, triggers.house())

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lift_and_empty)
        yield
