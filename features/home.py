"""Where Credence keeps its state."""

import os
from pathlib import Path


def home() -> Path:
    """Return the state folder: `CREDENCE_HOME`, else `.credence` in the working folder.

    Returns
    -------
    Path
        Not created here; whoever writes creates it.
    """
    return Path(os.environ.get("CREDENCE_HOME") or ".credence")
