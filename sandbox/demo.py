"""The demo: deploy to three accounts, try it as a user would, tear it down. Run by `make demo`."""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import boto3

from sandbox.client import PYTHON, Sandbox

STATE = Path(".cache/demo")
ACCOUNTS = {"production": "111111111111", "staging": "222222222222", "research": "333333333333"}
SUBSCRIBER = "secops@example.com"
TRIED_ACCOUNT = "production"
USER = "mallory"
MAIL_DEADLINE = 60.0


class DemoError(Exception):
    """A step did not do what it promises."""


@dataclass
class Demo:
    """One run of the demo; each step is a method, in order."""

    sandbox: Sandbox
    summary: list[str] = field(default_factory=list)
    mails: list[EmailMessage] = field(default_factory=list)

    def deploy(self) -> None:
        recap = self.playbook("deploy")
        self.expect(all(changed > 0 for changed in recap.values()), f"nothing was deployed: {recap}")
        self.summary.append(f"deployed to {len(recap)} accounts")

    def confirm(self) -> None:
        mails = self.sandbox.mails(SUBSCRIBER, "confirmation")
        self.expect(len(mails) == len(ACCOUNTS), f"expected {len(ACCOUNTS)} confirmation mails, found {len(mails)}")
        show(mails[0])
        print("\n    ... and one like it from each of the other accounts. The subscriber opens the links:")
        for arn in self.sandbox.confirm(SUBSCRIBER):
            print(f"    confirmed {arn}")
        self.summary.append("subscriptions confirmed by the links in the mails")

    def try_it(self) -> None:
        iam = self.client("iam", ACCOUNTS[TRIED_ACCOUNT])
        waits = [
            self.act("CreateUser", lambda: iam.create_user(UserName=USER)),
            self.act("DeleteUser", lambda: iam.delete_user(UserName=USER)),
        ]
        self.expect(len(self.mails) == 2, f"expected two mails, found {len(self.mails)}")
        self.summary.append(f"two mails, for CreateUser and DeleteUser, {max(waits):.1f} s after the call at most")

    def act(self, action: str, call: Callable[[], object]) -> float:
        """Do something as a user would, show the mail that it brings; how many seconds that took."""
        expected = len(self.mails) + 1
        started = time.monotonic()
        call()
        print(f"\n    iam:{action} {USER}; waiting for the mail ...")
        self.mails = self.sandbox.wait_for_mails(SUBSCRIBER, expected, MAIL_DEADLINE)
        took = time.monotonic() - started
        self.expect(len(self.mails) >= expected, f"no mail for {action} within {MAIL_DEADLINE:.0f} s")
        self.expect(action in self.mails[-1]["Subject"], f"the mail is not for {action}: {self.mails[-1]['Subject']}")
        show(self.mails[-1])
        return took

    def deploy_again(self) -> None:
        self.sandbox.clear_calls()
        recap = self.playbook("deploy")
        self.expect(all(changed == 0 for changed in recap.values()), f"the second run changed something: {recap}")
        self.expect(not self.writes(), f"the second run made write calls: {self.writes()}")
        self.summary.append("second deploy: changed=0 and no write call in every account")

    def drift(self) -> None:
        self.client("cloudtrail", ACCOUNTS[TRIED_ACCOUNT]).stop_logging(Name="iam-alerting")
        print(f"    somebody stopped the trail in {TRIED_ACCOUNT}; what would a deploy do?")
        self.sandbox.clear_calls()
        announced = self.playbook("deploy", "--check", "--diff")
        drifted = [account for account, changed in announced.items() if changed]
        self.expect(drifted == [TRIED_ACCOUNT], f"the check should have named {TRIED_ACCOUNT}, and named {drifted}")
        self.expect(not self.writes(), f"the check made write calls: {self.writes()}")
        print("\n    and now it does it:")
        self.playbook("deploy")
        self.expect(self.writes() == ["StartLogging"], f"StartLogging would have mended it, made were: {self.writes()}")
        self.summary.append("a stopped trail: named by --check --diff, mended by deploy with one write call")

    def writes(self) -> list[str]:
        """The write calls since the last time that they were cleared, by their names."""
        return [call["eventName"] for account in ACCOUNTS.values() for call in self.sandbox.calls(account, writes=True)]

    def tear_down(self) -> None:
        recap = self.playbook("teardown")
        self.expect(all(changed > 0 for changed in recap.values()), f"nothing was removed: {recap}")
        self.summary.append("torn down; the log buckets were kept")

    def playbook(self, name: str, *options: str) -> dict[str, int]:
        """Run a playbook as the README says; its changes per account."""
        command = ["ansible-playbook", f"playbooks/{name}.yml", "-i", "accounts.ini", *options]
        print(f"    $ {' '.join(command)}\n", flush=True)
        environment = {**os.environ, **self.sandbox.environment(), "ANSIBLE_FORCE_COLOR": "0"}
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        lines = []
        assert process.stdout
        for line in process.stdout:
            print(f"    {line}", end="", flush=True)
            lines.append(line)
        status = process.wait()
        self.expect(status == 0, f"ansible-playbook {name}.yml ended with status {status}; see above")
        return changes("".join(lines))

    def client(self, service: str, account: str) -> Any:
        """A client in an account, as its administrator would have one."""
        environment = self.sandbox.environment()
        options = {"endpoint_url": environment["AWS_ENDPOINT_URL"], "region_name": environment["AWS_DEFAULT_REGION"]}
        caller = boto3.client(
            "sts",
            aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
            **options,
        )
        role = f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole"
        keys = caller.assume_role(RoleArn=role, RoleSessionName="demo")["Credentials"]
        return boto3.client(
            service,
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"],
            **options,
        )

    def expect(self, truth: bool, otherwise: str) -> None:
        if not truth:
            raise DemoError(otherwise)


def show(mail: EmailMessage) -> None:
    """Print a mail as its reader sees it."""
    print()
    for line in [
        *(f"{name}: {mail[name]}" for name in ("From", "To", "Subject")),
        "",
        *mail.get_content().splitlines(),
    ]:
        print(f"    | {line}")


def changes(output: str) -> dict[str, int]:
    """How many tasks changed something, per host, from the recap of ansible-playbook."""
    recap = re.findall(r"^(\S+)\s+: ok=\d+\s+changed=(\d+)", output, re.MULTILINE)
    return {host: int(changed) for host, changed in recap if host in ACCOUNTS}


def run(demo: Demo) -> None:
    """All steps, in order.

    Raises:
        DemoError: a step did not do what it promises.
    """
    steps: list[tuple[str, Callable[[], None]]] = [
        ("Deploy to three accounts, with the command of the README", demo.deploy),
        ("Confirm the subscriptions, as each subscriber does once", demo.confirm),
        (f"Create and delete an IAM user in {TRIED_ACCOUNT}", demo.try_it),
        ("Deploy again: nothing may change", demo.deploy_again),
        (f"Stop the trail in {TRIED_ACCOUNT} by hand, and let deploy find and mend it", demo.drift),
        ("Tear all down", demo.tear_down),
    ]
    for number, (title, step) in enumerate(steps, 1):
        print(f"\n[{number}/{len(steps)}] {title}", flush=True)
        step()


def main() -> int:
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="leave the sandbox up, with everything deployed removed")
    keep = parser.parse_args().keep
    if STATE.exists():
        shutil.rmtree(STATE)
    print("Starting the sandbox, a local AWS with three accounts ...", flush=True)
    sandbox = Sandbox.start(STATE, list(ACCOUNTS.values()))
    demo = Demo(sandbox)
    try:
        run(demo)
    except DemoError as error:
        print(f"\nThe demo failed: {error}\nWhat the sandbox saw is in {STATE}.", file=sys.stderr)
        return 1
    finally:
        if not keep:
            sandbox.stop()
    print("\nDone:", *(f"  - {line}" for line in demo.summary), sep="\n")
    print(f"  - the mails are in {STATE / 'mail'}")
    if keep:
        print(f"\nThe sandbox is up. To talk to it:\n{how_to_talk(sandbox)}")
    return 0


def how_to_talk(sandbox: Sandbox) -> str:
    exports = "\n".join(f"  export {name}={value}" for name, value in sandbox.environment().items())
    return f"""{exports}
  . .venv/bin/activate
  ansible-playbook playbooks/deploy.yml -i accounts.ini
  {os.path.relpath(PYTHON)} -m sandbox mails --state {STATE}
  {os.path.relpath(PYTHON)} -m sandbox stop --state {STATE}"""


if __name__ == "__main__":
    sys.exit(main())
