"""Deployments are made once, and repeated wherever a test only needs an account that is deployed.

Repeating the requests of a run takes less than a second, the run itself some four seconds of a processor. They are
kept on the disk, for all workers of a test run.
"""

from __future__ import annotations

import dataclasses
import fcntl
import hashlib
import json
import pickle
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from sandbox import replay

# Variables that do nothing to what is deployed.
OF_VERIFICATION = ("iam_alerting_verify_minutes", "iam_alerting_verify_with")


@dataclass(frozen=True)
class Recording:
    """What runs wrote in one account, to bring others into the same state, or into one on the way to it."""

    origin: replay.Target
    writes: tuple[replay.Write, ...]

    def __add__(self, later: Recording) -> Recording:
        assert self.origin == later.origin
        return dataclasses.replace(self, writes=self.writes + later.writes)

    def repeat(self, environment: Mapping[str, str], *targets: replay.Target) -> list[Recording]:
        """Repeat it in accounts of the emulator of this environment; what was done in each of them."""
        endpoint, key = environment["AWS_ENDPOINT_URL"], environment["AWS_ACCESS_KEY_ID"]
        session = boto3.session.Session(key, environment["AWS_SECRET_ACCESS_KEY"], region_name="us-east-1")
        sts = session.client("sts", endpoint_url=endpoint)
        done = replay.replay(self.writes, self.origin, targets, endpoint, sts, threads=4)
        return [Recording(target, writes) for target, writes in zip(targets, done, strict=True)]


class Shelf:
    """The recordings of a test run, by what was asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)

    def recording(self, asked: str, make: Callable[[], Recording]) -> tuple[Recording, bool]:
        """The recording, and whether it was made for this call; others who ask for the same wait for it."""
        path = self.folder / hashlib.sha256(asked.encode()).hexdigest()
        with _locked(path.with_suffix(".lock")):
            if path.exists():
                return pickle.loads(path.read_bytes()), False
            made = make()
            path.write_bytes(pickle.dumps(made))
            return made, True


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def alike(account: str, variables: Mapping[str, Any], options: Sequence[str]) -> str:
    """What is the same for accounts whose deployments only differ by the account's id, wherever that is named."""
    deployed = {name: value for name, value in variables.items() if name not in OF_VERIFICATION}
    return json.dumps([deployed, options], sort_keys=True).replace(account, "")
