"""A real PostgreSQL for the length of one command: `python -m tests.postgres pytest -m django_db`.

The cluster lives in a temporary folder, listens on a Unix socket only and is gone afterwards.
`durable=True` (crash tests, benchmarks) leaves fsync on.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FAST = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off"


def programs() -> Path:
    """The newest installed server's bin folder."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
    if not found:
        raise SystemExit("PostgreSQL is missing: ./dev setup installs it")
    return found[-1]


def as_server(command: list[str]) -> None:
    """Run as the server's user, since PostgreSQL refuses to run as root."""
    prefix = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"] if os.geteuid() == 0 else []
    subprocess.run([*prefix, *command], check=True, stdout=subprocess.DEVNULL, cwd="/")


@contextmanager
def cluster(*, durable: bool = False) -> Iterator[str]:
    """Start a cluster and give the URL of its database; stop and remove it at the end."""
    folder = Path(tempfile.mkdtemp(prefix="samkeeper-pg-"))
    if os.geteuid() == 0:
        os.chown(folder, pwd.getpwnam("postgres").pw_uid, -1)
    data, control = str(folder / "data"), str(programs() / "pg_ctl")
    as_server(
        [str(programs() / "initdb"), "-D", data, "-U", "samkeeper", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"]
        + ([] if durable else ["--no-sync"])
    )
    options = f"-k {folder} -c listen_addresses='' {'' if durable else FAST}"
    as_server([control, "-D", data, "-w", "-l", str(folder / "log"), "-o", options, "start"])
    try:
        yield f"postgres://samkeeper@%2F{str(folder)[1:].replace('/', '%2F')}/postgres"
    finally:
        as_server([control, "-D", data, "-m", "immediate", "stop"])
        shutil.rmtree(folder, ignore_errors=True)


def main(command: list[str]) -> int:
    with cluster() as url:
        return subprocess.run(command, check=False, env={**os.environ, "SAMKEEPER_DATABASE_URL": url}).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
