"""A client of the sandbox for tests: start it, ask it, order faults. Standard library only."""

from __future__ import annotations

import contextlib
import email
import email.policy
import json
import os
import signal
import subprocess
import time
import urllib.request
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parent.parent
# The Python that has ministack, in the environment that `make` gives it.
PYTHON = os.environ.get("SANDBOX_PYTHON", str(ROOT / ".venv-sandbox/bin/python"))


class Sandbox:
    """A running sandbox, known by its state folder."""

    def __init__(self, state: str | Path = ".cache/sandbox") -> None:
        self.state = Path(state)
        facts = json.loads((self.state / "sandbox.json").read_text())
        self.endpoint: str = facts["endpoint"]
        self.pid: int = facts["pid"]
        self.management_account: str = facts["management_account"]
        self._process: subprocess.Popen[bytes] | None = None

    @classmethod
    def start(
        cls,
        state: str | Path,
        accounts: list[str] | tuple[str, ...] = (),
        *,
        python: str | Path = PYTHON,
        port: int = 0,
        command: str = "serve",
        timeout: float = 30,
        options: tuple[str, ...] = (),
    ) -> Sandbox:
        """Start a sandbox (``command="moto"``: the other emulator) with that Python and wait until it answers."""
        state = Path(state).resolve()
        state.mkdir(parents=True, exist_ok=True)
        (state / "sandbox.json").unlink(missing_ok=True)
        chosen = [word for account in accounts for word in ("--account", account)]
        arguments = [str(python), "-m", "sandbox", command, "--port", str(port), "--state", str(state), *chosen]
        with (state / "server.log").open("wb") as log:
            process = subprocess.Popen([*arguments, *options], cwd=ROOT, stdout=log, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + timeout
        while not (state / "sandbox.json").exists():
            if process.poll() is not None or time.monotonic() > deadline:
                process.kill()
                raise RuntimeError("the sandbox did not start:\n" + (state / "server.log").read_text())
            time.sleep(0.02)
        started = cls(state)
        started._process = process
        return started

    def stop(self, timeout: float = 15) -> None:
        """Stop the server by its process id and wait until it is gone."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)
        if self._process is not None:
            self._process.wait(timeout)
            return
        deadline = time.monotonic() + timeout
        while (self.state / "sandbox.json").exists() and time.monotonic() < deadline:
            time.sleep(0.05)

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _ask(self, method: str, name: str, body: dict[str, Any] | None = None, **query: Any) -> Any:
        given = {key: value for key, value in query.items() if value is not None}
        request = urllib.request.Request(
            f"{self.endpoint}/_sandbox/{name}?{urlencode(given)}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)
        except HTTPError as error:
            raise ValueError(error.read().decode()) from None

    def environment(self, region: str = "us-east-1") -> dict[str, str]:
        """Environment variables with which SDKs call as the management account."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.management_account,
            "AWS_SECRET_ACCESS_KEY": "sandbox",
            "AWS_DEFAULT_REGION": region,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def add_accounts(self, *accounts: str, name: str = "", outside: bool = False) -> None:
        """Open accounts that the management account can enter through OrganizationAccountAccessRole.

        Those that are ``outside`` are in no organization.
        """
        self._ask("POST", "accounts", {"accounts": list(accounts), "name": name, "outside": outside})

    def calls(
        self, account: str | None = None, *, writes: bool = False, by: str | None = "caller", since: str = ""
    ) -> list[dict[str, Any]]:
        """CloudTrail records of the calls made, oldest first. ``by``: caller, lambda (function code), None (any)."""
        return self._ask("GET", "calls", account=account, by=by, since=since, writes="true" if writes else None)

    def clear_calls(self, account: str | None = None) -> None:
        self._ask("DELETE", "calls", account=account)

    def secrets(self) -> list[str]:
        """The secret keys and session tokens of all sessions that were given out."""
        found: list[str] = self._ask("GET", "secrets")
        return found

    def fault(self, account: str, **order: Any) -> None:
        """``break_after_write=N [, since=eventTime]``, or ``error=CODE`` or ``kind=``, with more of a ``Failure``."""
        self._ask("POST", "faults", {"account": account} | order)

    def faults(self, account: str) -> list[dict[str, Any]]:
        """What was ordered of the account, with how often it was ``used`` so far; breaks not among it."""
        return self._ask("GET", "faults", account=account)

    def clear_faults(self, account: str | None = None) -> None:
        self._ask("DELETE", "faults", account=account)

    def confirm(self, address: str) -> list[str]:
        """Follow the confirmation link of every pending subscription of the address; the ARNs confirmed."""
        return self._ask("POST", "confirm", {"address": address})

    def put_record(self, record: dict[str, Any], detail_type: str = "AWS API Call via CloudTrail") -> bool:
        """Let CloudTrail have a record (a console sign-in, say); False if no trail of the account logs it."""
        return bool(self._ask("POST", "records", {"record": record, "detail_type": detail_type})["delivered"])

    def allows(self, policy: dict[str, Any], action: str, resource: str, **question: Any) -> bool:
        """What the evaluator says of a resource's policy: for ``service``, or for ``role`` with ``identity_policies``
        of its own, under the condition ``keys``."""
        asked = {"policy": policy, "action": action, "resource": resource, "keys": {}} | question
        return bool(self._ask("POST", "decisions", asked)["allowed"])

    def tick(self, account: str, rule: str, region: str = "us-east-1") -> bool:
        """Let the time come at which a rule with a schedule fires; False if there is no such rule that is enabled."""
        return bool(self._ask("POST", "ticks", {"account": account, "region": region, "rule": rule})["fired"])

    def mails(self, address: str | None = None, kind: str = "notification") -> list[EmailMessage]:
        """The mails an address (None: any) got, oldest first. ``kind``: notification, confirmation, or ``*``."""
        found = sorted((self.state / "mail").glob(f"{address or '*'}/*-{kind}.eml"), key=lambda path: path.name)
        policy = email.policy.default
        return [email.message_from_bytes(path.read_bytes(), policy=policy) for path in found]

    def wait_for_mails(self, address: str, number: int = 1, timeout: float = 10) -> list[EmailMessage]:
        """The notifications of an address as soon as there are so many; what there is at the timeout."""
        deadline = time.monotonic() + timeout
        while len(found := self.mails(address)) < number and time.monotonic() < deadline:
            time.sleep(0.03)
        return found
