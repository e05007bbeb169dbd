"""The floor: one plain Python process that makes with boto3 the reads it is given, and nothing else.

Started as a program, with a file of calls and a number of threads; credentials and endpoint stand in the environment.
The accounts are dealt out to the threads; an account has one client per service, and all share the service models.
"""

from __future__ import annotations

import json
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError

REGION = "us-east-1"


class Floor:
    """Replays the reads of accounts."""

    def __init__(self) -> None:
        self._session = boto3.session.Session(region_name=REGION)
        # Clients may be shared among threads, but not be made in several at once.
        self._making = threading.Lock()
        self._sts = self._session.client("sts")

    def replay(self, account: str, calls: list[tuple[str, str, dict[str, Any]]]) -> int:
        """Enter the account and make the calls; how many were answered with an error."""
        role = f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole"
        keys = self._sts.assume_role(RoleArn=role, RoleSessionName="floor")["Credentials"]
        clients = {service: self._client(service, keys) for service in {call[0] for call in calls}}
        return sum(_fails(clients[service], method, parameters) for service, method, parameters in calls)

    def _client(self, service: str, keys: dict[str, str]) -> Any:
        with self._making:
            return self._session.client(
                service,
                aws_access_key_id=keys["AccessKeyId"],
                aws_secret_access_key=keys["SecretAccessKey"],
                aws_session_token=keys["SessionToken"],
            )


def _fails(client: Any, method: str, parameters: dict[str, Any]) -> bool:
    try:
        answer = getattr(client, method)(**parameters)
    except ClientError:
        return True  # "there is none" is an answer, too
    for value in answer.values():
        if hasattr(value, "read"):
            value.read()
    return False


def main() -> None:
    """Replay a file of calls by account."""
    calls, threads = json.loads(Path(sys.argv[1]).read_text()), int(sys.argv[2])
    floor = Floor()
    with ThreadPoolExecutor(threads) as pool:
        errors = sum(pool.map(floor.replay, calls.keys(), calls.values()))
    print(f"{len(calls)} accounts, {errors} answers that say there is no such thing")


if __name__ == "__main__":
    main()
