"""The one door to numba: how kernels are compiled, and where their machine code is kept."""

import hashlib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import numba
from numba.core import config
from numba.core.compiler_lock import global_compiler_lock

from features.home import home

P = ParamSpec("P")
R = TypeVar("R")

_HERE = Path(__file__).parent

# Our loops hold branches that vectors cannot follow; trying costs a quarter of the compile time.
config.LOOP_VECTORIZE = 0  # type: ignore[attr-defined]  # not in numba's stubs

_KERNEL: dict[str, Any] = {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True}
_PART: dict[str, Any] = {**_KERNEL, "no_cpython_wrapper": True}


@lru_cache
def _machine_code(package: Path) -> Path:
    """Return the folder for the machine code of one package at its present source.

    numba notices a change in a function's own file only, so the sources that it may call name
    the folder: those of its package and those of this one.
    """
    digest = hashlib.sha256()
    for folder in sorted({_HERE, package}):
        for path in sorted(folder.glob("*.py")):
            digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return home().absolute() / "kernels" / digest.hexdigest()[:16]


def is_compiled(name: str) -> bool:
    """Return whether machine code of a kernel of this package is kept.

    Parameters
    ----------
    name : str
        Its module and name, as in "drivers.base_rows".
    """
    return any(_machine_code(_HERE).glob(f"*/{name}-*.nbi"))


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function on its first call, or load it as compiled before.

    Kernels release the interpreter's lock, run on one thread and keep the order of every sum, so
    that a row alone and in a batch agree to the last bit: no `fastmath`, no `parallel`.

    Parameters
    ----------
    function : callable
        Takes numbers, arrays and named tuples of them.

    Returns
    -------
    callable
        The same function, compiled.
    """
    folder = _machine_code(Path(function.__code__.co_filename).parent)
    config.CACHE_DIR = str(folder)  # type: ignore[attr-defined]  # not in numba's stubs
    compiled: Callable[P, R] = numba.njit(cache=True, **_KERNEL)(function)
    return compiled


def kernel_part(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function that only kernels call; it becomes part of their machine code.

    Python itself cannot call it, which spares a third of its compile time.

    Parameters
    ----------
    function : callable
        Takes numbers, arrays and named tuples of them.

    Returns
    -------
    callable
        The same function, for use inside kernels.
    """
    compiled: Callable[P, R] = numba.njit(**_PART)(function)
    return compiled


def kernel_step(function: Callable[P, R]) -> Callable[P, R]:
    """Make a kernel part that is pasted, compiled, into whatever calls it.

    Parameters
    ----------
    function : callable
        Small, and called for every single value: a call would cost more than the work.

    Returns
    -------
    callable
        The same function, for use inside kernels.
    """
    compiled: Callable[P, R] = numba.njit(forceinline=True, **_PART)(function)
    return compiled


def kernel_list(function: Callable[P, R]) -> Callable[P, R]:
    """Make a straight list of calls of kernel parts, pasted into the kernel that calls it.

    Parameters
    ----------
    function : callable
        Without loops or branches: pasting those would be slow.

    Returns
    -------
    callable
        The same function, for use inside kernels.
    """
    compiled: Callable[P, R] = numba.njit(inline="always", **_PART)(function)
    return compiled


def in_vectors(compiled: Callable[P, R]) -> Callable[P, R]:
    """Let a kernel's like operations on neighbours become one on a vector of the processor.

    For kernels that do the same with several numbers written one by one; others it makes slower,
    above all walks that wait for each other. Bits are the same either way.

    Parameters
    ----------
    compiled : callable
        From `kernel`.

    Returns
    -------
    callable
        The same function.
    """
    dispatcher: Any = compiled
    if config.DISABLE_JIT:  # type: ignore[attr-defined]  # not in numba's stubs
        return compiled
    compile_plainly = dispatcher.compile

    def compile_(signature: Any) -> Any:
        # Read when machine code is made, of the parts too: numba has no setting of one function.
        # Under numba's own lock, or what another thread compiles meanwhile would be made so too.
        with global_compiler_lock:
            before = config.SLP_VECTORIZE  # type: ignore[attr-defined]  # not in numba's stubs
            config.SLP_VECTORIZE = 1  # type: ignore[attr-defined]  # not in numba's stubs
            try:
                return compile_plainly(signature)
            finally:
                config.SLP_VECTORIZE = before  # type: ignore[attr-defined]  # not in numba's stubs

    dispatcher.compile = compile_
    return compiled


def straight(compiled: Callable[P, R]) -> Callable[P, R]:
    """Return a kernel that is called without a look at the types of what it is given.

    For kernels on the way of a request: with twenty arrays in named tuples the look takes four
    fifths of the call. Only for callers that hand over the same types always, such as arrays that
    are `features.arrays.owned`: others would be read as what they are not.

    Parameters
    ----------
    compiled : callable
        From `kernel`.

    Returns
    -------
    callable
        The same function.
    """
    entry: list[Callable[P, R]] = []

    def call(*arguments: P.args, **named: P.kwargs) -> R:
        if entry:
            return entry[0](*arguments, **named)
        result = compiled(*arguments, **named)
        overloads = getattr(compiled, "overloads", None)
        if overloads is not None:  # there are none where numba is told to compile nothing
            types = tuple(map(numba.typeof, arguments))
            entry.append(overloads[types].entry_point)
        return result

    return call
