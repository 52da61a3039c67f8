"""What every test shares: the office's settings on files of its own, and nothing of the user's `var/`."""

from __future__ import annotations

import os
import tempfile

# Before Django reads its settings: tests never write into the checkout's own var/.
os.environ["SAMKEEPER_VAR"] = tempfile.mkdtemp(prefix="samkeeper-test-")
os.environ["SAMKEEPER_SECRET_KEY"] = "only-for-tests"
