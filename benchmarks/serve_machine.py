"""What a benchmark ran on."""

import platform
from importlib import metadata
from pathlib import Path

_LIBRARIES = ("bentoml", "fastapi", "lightgbm", "msgspec", "numpy", "pydantic", "uvicorn", "uvloop")


def versions() -> str:
    """Return processor, Python and libraries in a line."""
    libraries = ", ".join(f"{name} {metadata.version(name)}" for name in _LIBRARIES)
    return f"{_processor()}; Python {platform.python_version()}, {libraries}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{len(names)} x {names[0]}" if names else platform.machine()
