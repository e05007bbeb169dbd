"""The command line of the soak: C(python -m soak [storm] [faults])."""

from __future__ import annotations

import argparse
import sys
import time

from soak import faults, storm
from soak.cases import KINDS
from soak.site import started


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.replace(",", " ").split())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m soak", description=__doc__)
    add = parser.add_argument
    add("parts", nargs="*", choices=["storm", "faults"], default=["storm", "faults"], help="default: both")
    add("--events", type=int, default=5000, help="of the storm, in all accounts (default %(default)s)")
    add("--accounts", type=int, default=20, help="of the storm (default %(default)s)")
    add("--kinds", type=_words, default=KINDS, help=f"kinds of faults (default {','.join(KINDS)})")
    add("--every", type=int, default=1, metavar="N", help="only every n-th call, of each kind others")
    return parser


def main() -> int:
    """Run what is asked for; 1 if something is not as it should be."""
    options = _parser().parse_args()
    began, sound = time.monotonic(), True
    with started() as site:
        if "storm" in options.parts:
            sound &= storm.run(site, storm.Options(options.accounts, options.events))
        if "faults" in options.parts:
            sound &= faults.run(site, faults.Options(options.kinds, options.every))
    print(f"{(time.monotonic() - began) / 60:.1f} minutes")
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main())
