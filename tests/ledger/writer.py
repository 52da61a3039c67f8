"""A process of its own that writes until it is killed: `python -m tests.ledger.writer NAME`.

Each transaction records one to three entries; the number of the last stands on stdout only after the commit.
"""

from __future__ import annotations

import itertools
import random
import sys
import time
from datetime import UTC, datetime

import django


def main(name: str) -> None:
    django.setup()
    from django.db import transaction  # noqa: PLC0415  # not before the set-up

    from samkeeper.ledger.append import append  # noqa: PLC0415

    for round_ in itertools.count():
        with transaction.atomic():
            for part in range(random.randint(1, 3)):
                entry = append("card:move", name, {"part": part, "round": round_}, recorded=datetime.now(UTC))
        sys.stdout.write(f"{entry.seq} {round_}\n")
        sys.stdout.flush()
        time.sleep(random.uniform(0, 0.004))  # SQLite's lock knows no queue: without a pause one writer keeps it


if __name__ == "__main__":
    main(sys.argv[1])
