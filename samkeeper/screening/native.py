"""Compiled kernels without the compiler: numba makes them once, llvmlite loads them ever after.

Importing numba takes longer than judging a day's transactions. So a kernel is written as a plain Python function
over typed pointers, numba compiles it when it is first called on a machine, and the object code is kept on disk.
Every later process loads that object code through llvmlite (a tenth of numba's import) and calls it through
ctypes, which lets go of the interpreter lock.

The key of a kept object is the hash of its source file, of llvmlite's version and of the processor's name and
features: a changed kernel or machine compiles anew.
"""

from __future__ import annotations

import ctypes
import hashlib
import inspect
import os
import sys
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import llvmlite
import llvmlite.binding as llvm
import numpy as np

F = TypeVar("F", bound=Callable[..., Any])

# Letters of a signature: what numpy, ctypes and numba call them.
CODES = {
    "u1": (np.uint8, ctypes.c_uint8, "uint8"),
    "u2": (np.uint16, ctypes.c_uint16, "uint16"),
    "u4": (np.uint32, ctypes.c_uint32, "uint32"),
    "i4": (np.int32, ctypes.c_int32, "int32"),
    "u8": (np.uint64, ctypes.c_uint64, "uint64"),
    "i8": (np.int64, ctypes.c_int64, "int64"),
}

_lock = threading.Lock()


def helper(function: F) -> F:
    """Mark a function that kernels of the same module call; it is compiled into each of them."""
    function.__dict__["is_helper"] = True
    return function


def kernel(signature: str) -> Callable[[Callable[..., Any]], Kernel]:
    """Make a kernel of a function over pointers and integers: `"u1* i4* i8"` are its parameters, in order.

    A `*` takes a C-contiguous numpy array of that type, unchecked in length: the caller answers for it.
    The function returns an integer.
    """
    return lambda function: Kernel(function, signature.split())


class Kernel:
    """Called like the function it was made of, with arrays in place of pointers."""

    def __init__(self, function: Callable[..., Any], parameters: list[str]) -> None:
        self.function = function
        self.parameters = parameters
        self.name = f"{function.__module__}.{function.__qualname__}"
        self._native: Callable[..., int] | None = None
        self._checks = [(code.endswith("*"), np.dtype(CODES[code.rstrip("*")][0])) for code in parameters]

    def __call__(self, *arguments: Any) -> int:
        native = self._native or self._load()
        return native(*[self._pass(argument, check) for argument, check in zip(arguments, self._checks, strict=True)])

    def _pass(self, argument: Any, check: tuple[bool, np.dtype[Any]]) -> int:
        is_array, dtype = check
        if not is_array:
            return int(argument)
        if argument.dtype != dtype or not argument.flags.c_contiguous:
            raise TypeError(f"{self.name}: wants contiguous {dtype}, got {argument.dtype}")
        address: int = argument.ctypes.data
        return address

    def _load(self) -> Callable[..., int]:
        with _lock:
            if self._native is None:
                path = cache_folder(self.function.__module__) / f"{self.name}-{key_of(self.function.__module__)}.o"
                if not path.exists():
                    compile_module(self.function.__module__, path.parent)
                address = link(path, self.name)
                types = [ctypes.c_void_p if code.endswith("*") else CODES[code][1] for code in self.parameters]
                self._native = ctypes.CFUNCTYPE(ctypes.c_int64, *types)(address)
        return self._native


@cache
def machine() -> Any:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=llvm.get_host_cpu_features().flatten(), opt=3, jit=True
    )


@cache
def key_of(module: str) -> str:
    source = Path(inspect.getfile(sys.modules[module])).read_bytes()
    host = f"{llvmlite.__version__} {llvm.get_host_cpu_name()} {llvm.get_host_cpu_features().flatten()}"
    return hashlib.sha256(source + host.encode()).hexdigest()[:16]


@cache
def cache_folder(module: str) -> Path:
    """Beside the module, where that can be written; else the user's cache."""
    beside = Path(inspect.getfile(sys.modules[module])).parent / "__pycache__"
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "samkeeper"
    folder = beside if os.access(beside if beside.exists() else beside.parent, os.W_OK) else home
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@cache
def _engine() -> Any:
    return llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine())


def link(path: Path, symbol: str) -> int:
    engine = _engine()
    engine.add_object_file(llvm.ObjectFileRef.from_path(str(path)))
    engine.finalize_object()
    address: int = engine.get_function_address(symbol)
    return address


def compile_module(name: str, folder: Path) -> None:
    """Compile every kernel of a module with numba and keep the object code."""
    import numba  # noqa: PLC0415 - the point of this file is not to need it

    space = vars(sys.modules[name])
    originals = {word: thing for word, thing in space.items() if getattr(thing, "is_helper", False)}
    kernels = [thing for thing in space.values() if isinstance(thing, Kernel) and thing.function.__module__ == name]
    space.update({word: numba.njit(error_model="numpy")(thing) for word, thing in originals.items()})
    try:
        for item in kernels:
            keep(object_code(item, numba), folder / f"{item.name}-{key_of(name)}.o")
    finally:
        space.update(originals)


def object_code(item: Kernel, numba: Any) -> bytes:
    types = [getattr(numba.types, CODES[code.rstrip("*")][2]) for code in item.parameters]
    pointed = [
        numba.types.CPointer(kind) if code.endswith("*") else kind
        for code, kind in zip(item.parameters, types, strict=True)
    ]
    compiled = numba.cfunc(numba.types.int64(*pointed), error_model="numpy")(item.function)
    module = llvm.parse_assembly(compiled.inspect_llvm())
    for function in module.functions:
        if not function.is_declaration:
            function.linkage = llvm.Linkage.internal
    entry = module.get_function(compiled.native_name)
    entry.name, entry.linkage = item.name, llvm.Linkage.external
    optimise(module)
    foreign = [function.name for function in module.functions if function.name.startswith(("Py", "numba", "NRT"))]
    if foreign:
        raise TypeError(f"{item.name} may raise or allocate: it calls {', '.join(foreign)}")
    code: bytes = machine().emit_object(module)
    return code


def optimise(module: Any) -> None:
    """Inline the kernel into its entry, so that the error path of one that cannot fail falls away."""
    options = llvm.create_pipeline_tuning_options(speed_level=3)
    builder = llvm.create_pass_builder(machine(), options)
    builder.getModulePassManager().run(module, builder)


def keep(code: bytes, path: Path) -> None:
    temporary = path.with_suffix(f".{os.getpid()}.tmp")
    temporary.write_bytes(code)
    temporary.replace(path)
