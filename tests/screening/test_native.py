"""Kernels are compiled once, kept, and loaded without the compiler; one that could fail is refused."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import sys
import numpy as np
from samkeeper.screening.native import helper, kernel

@helper
def twice(value):
    return 2 * value

@kernel("i8* i8* i8")
def double(numbers, out, count):
    for place in range(count):
        out[place] = twice(numbers[place])
    return count

@kernel("i8* i8")
def divide(numbers, by):
    if by == 0:
        raise ValueError("no")
    return numbers[0] // by

out = np.zeros(3, np.int64)
{call}
print(out.tolist(), "numba" in sys.modules)
"""


def run(folder: Path, call: str) -> subprocess.CompletedProcess[str]:
    (folder / "program.py").write_text(PROGRAM.format(call=call))
    environment = os.environ | {"XDG_CACHE_HOME": str(folder), "PYTHONPATH": str(folder)}
    command = [sys.executable, "-c", "import program"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_the_second_process_does_without_the_compiler(tmp_path: Path) -> None:
    call = "divide = None\ndouble(np.arange(3), out, 3)"
    assert run(tmp_path, call).stdout == "[0, 2, 4] True\n"
    assert run(tmp_path, call).stdout == "[0, 2, 4] False\n"


def test_a_kernel_that_can_fail_is_refused(tmp_path: Path) -> None:
    told = run(tmp_path, "divide(np.arange(3), 1)")
    assert "program.divide may raise or allocate" in told.stderr


@pytest.mark.parametrize("wrong", ["np.zeros(3)", "np.arange(6)[::2]"])
def test_arrays_of_another_type_or_with_gaps_are_refused(tmp_path: Path, wrong: str) -> None:
    assert "wants contiguous int64" in run(tmp_path, f"divide = None\ndouble({wrong}, out, 3)").stderr
