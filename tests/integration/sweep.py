"""Which writes a run is broken off after: every twenty-fourth, as each costs an account; all with `make sweep`."""

from __future__ import annotations

import os
from collections.abc import Sequence

EVERY = int(os.environ.get("SWEEP_EVERY", "24"))


def swept(writes: int) -> Sequence[int]:
    """The numbers of the writes, the first one being 1."""
    return range(1, writes + 1, EVERY)
