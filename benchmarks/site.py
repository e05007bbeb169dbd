"""The place of measuring: a sandbox with accounts, and the three subjects that are run in it."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from benchmarks import process
from benchmarks.latency import Latency
from benchmarks.process import Usage
from benchmarks.reads import Call
from sandbox import replay
from sandbox.client import Sandbox

HERE = Path(__file__).resolve().parent
DEPLOY = "playbooks/deploy.yml"
SUBSCRIBER = "secops@example.com"
TRAIL = "iam-alerting"
ORGANIZATION_TRAIL = "organization"
GROUP_SECONDS = 300
REGION = "us-east-1"
_NUMBERS = itertools.count(100000000001)


class BenchError(Exception):
    """A run failed, so there is nothing to compare."""


@dataclass(frozen=True)
class Options:
    """What was asked for on the command line."""

    collection: Path
    work: Path
    docs: Path
    sandbox_python: str
    emulator: str
    forks: int
    latency: float
    repeat: int
    repeat_below: float
    stock_max: int
    deploy_max: int
    accounts: tuple[int, ...]
    profile: bool
    function: bool


@dataclass(frozen=True)
class Site:
    """A running sandbox and how commands are run against it."""

    options: Options
    sandbox: Sandbox
    endpoint: str

    def open_accounts(self, number: int) -> list[str]:
        accounts = [str(one) for one in itertools.islice(_NUMBERS, number)]
        self.sandbox.add_accounts(*accounts)
        return accounts

    def trailwatch(self, accounts: Sequence[str], endpoint: str = "") -> Usage:
        """Deploy with the collection's own playbook."""
        return self._play(DEPLOY, accounts, {"iam_alerting_subscribers": [SUBSCRIBER]}, endpoint)

    def status(self, accounts: Sequence[str]) -> Usage:
        """Read how the alerting is doing."""
        return self._play("playbooks/status.yml", accounts, {"iam_alerting_subscribers": [SUBSCRIBER]})

    def hub(self, hub: str, members: Sequence[str]) -> Usage:
        """Deploy to the hub of the members."""
        return self._part("hub", hub, members)

    def members(self, hub: str, members: Sequence[str]) -> Usage:
        """Deploy to the members of a hub."""
        return self._part("members", hub, members)

    def make_organization_trail(self) -> None:
        """What the members are served by, made by hand in the management account."""
        keys = (self.sandbox.management_account, "sandbox", "")
        organizations = self._client("organizations", *keys)
        organizations.enable_aws_service_access(ServicePrincipal="cloudtrail.amazonaws.com")
        s3 = self._client("s3", *keys)
        s3.create_bucket(Bucket=ORGANIZATION_TRAIL)
        s3.put_bucket_policy(Bucket=ORGANIZATION_TRAIL, Policy=json.dumps(_of_trail(ORGANIZATION_TRAIL)))
        trails = self._client("cloudtrail", *keys)
        trails.create_trail(
            Name=ORGANIZATION_TRAIL,
            S3BucketName=ORGANIZATION_TRAIL,
            IsOrganizationTrail=True,
            IsMultiRegionTrail=True,
        )
        trails.start_logging(Name=ORGANIZATION_TRAIL)

    def stock(self, accounts: Sequence[str]) -> Usage:
        """Deploy with plain tasks."""
        variables = {"subscriber": SUBSCRIBER, "function_zip": str(self._function_zip())}
        return self._play(str(HERE / "stock" / "deploy.yml"), accounts, variables)

    def floor(self, calls: dict[str, list[Call]]) -> Usage:
        """Replay the reads of each account."""
        path = self.options.work / "reads.json"
        path.write_text(json.dumps(calls))
        command = [sys.executable, str(HERE / "floor.py"), str(path), str(self.options.forks)]
        return self._checked(command, "floor", self.environment())

    def seed(self, accounts: Sequence[str]) -> None:
        """Deploy to the first account, and fill the others with the like."""
        with replay.Recorder(self.sandbox.endpoint) as recorder:
            self.trailwatch(accounts[:1], recorder.endpoint)
        sts = self._client("sts", self.sandbox.management_account, "sandbox", "")
        origin, *others = map(replay.Target, accounts)
        replay.replay(recorder.writes, origin, others, self.sandbox.endpoint, sts, threads=2 * self.options.forks)
        if any(changed(self.trailwatch(accounts[-1:]))):
            raise BenchError(f"the seeded account is not as a deployed one; see {self.options.work}/playbooks.log")

    def confirm(self) -> None:
        """Let the subscribers confirm, as they have when a later run finds nothing to do."""
        if self.options.emulator == "serve":
            self.sandbox.confirm(SUBSCRIBER)

    def stop_trails(self, accounts: Sequence[str]) -> None:
        """Stop each account's trail, as somebody would by hand."""
        sts = self._client("sts", self.sandbox.management_account, "sandbox", "")
        for account in accounts:
            role = f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole"
            keys = sts.assume_role(RoleArn=role, RoleSessionName="byhand")["Credentials"]
            trails = self._client("cloudtrail", keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
            trails.stop_logging(Name=TRAIL)

    def environment(self) -> dict[str, str]:
        """The same for all subjects: nothing of the user's own AWS, Ansible and Python, such as bytecode not kept."""
        strange = ("AWS_", "ANSIBLE_", "PYTHON")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(strange)}
        return kept | {
            **self.sandbox.environment(REGION),
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "ANSIBLE_CONFIG": str(self.options.collection / "ansible.cfg"),
            "ANSIBLE_FORKS": str(self.options.forks),
            "ANSIBLE_NOCOLOR": "1",
            "PATH": f"{self.options.collection / '.venv' / 'bin'}:{os.environ.get('PATH', '')}",
        }

    def play_command(self, playbook: str, accounts: Sequence[str], variables: dict[str, Any]) -> list[str]:
        """The command that runs a playbook for accounts, in the folder of the collection."""
        return self._command(playbook, {"hosts": _hosts(accounts), "vars": variables})

    def members_command(self, part: str, hub: str, members: Sequence[str]) -> list[str]:
        """The command that deploys to the hub or to the members, of which the inventory has both."""
        of_hub = {"iam_alerting_subscribers": [SUBSCRIBER], "iam_alerting_group_seconds": GROUP_SECONDS}
        groups = {"hub": {"hosts": _hosts([hub]), "vars": of_hub}, "members": {"hosts": _hosts(members)}}
        return [*self._command(DEPLOY, {"children": groups}), "--limit", f"{part},localhost"]

    def _command(self, playbook: str, inventory: dict[str, Any]) -> list[str]:
        path = self.options.work / "inventory.json"
        path.write_text(json.dumps({"all": inventory}))
        return [str(self.options.collection / ".venv/bin/ansible-playbook"), playbook, "-i", str(path)]

    def _part(self, part: str, hub: str, members: Sequence[str]) -> Usage:
        return self._checked(self.members_command(part, hub, members), part, self.environment())

    def _play(self, playbook: str, accounts: Sequence[str], variables: dict[str, Any], endpoint: str = "") -> Usage:
        environment = self.environment()
        if endpoint:
            environment["AWS_ENDPOINT_URL"] = endpoint
        return self._checked(self.play_command(playbook, accounts, variables), Path(playbook).parent.name, environment)

    def _checked(self, command: Sequence[str], name: str, environment: dict[str, str]) -> Usage:
        log = self.options.work / f"{name}.log"
        usage = process.run(command, self.options.collection, environment, log)
        if usage.status != 0:
            raise BenchError(f"{' '.join(command)} ended with status {usage.status}; see {log}")
        return usage

    def _function_zip(self) -> Path:
        path = self.options.work / "function.zip"
        if not path.exists():
            shutil.make_archive(str(path.with_suffix("")), "zip", self.options.collection / "files" / "lambda")
        return path

    def _client(self, service: str, key: str, secret: str, token: str) -> Any:
        return boto3.client(
            service,
            region_name=REGION,
            endpoint_url=self.sandbox.endpoint,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            aws_session_token=token or None,
        )


def _of_trail(bucket: str) -> dict[str, Any]:
    """The policy of a bucket that CloudTrail writes to."""
    service = {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}}
    reads = {**service, "Action": "s3:GetBucketAcl", "Resource": f"arn:aws:s3:::{bucket}"}
    writes = {**service, "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{bucket}/AWSLogs/*"}
    return {"Version": "2012-10-17", "Statement": [reads, writes]}


def _hosts(accounts: Sequence[str]) -> dict[str, dict[str, str]]:
    return {f"account-{account}": {"account_id": account} for account in accounts}


def changed(usage: Usage) -> list[int]:
    """How many tasks changed something, per account, from the recap."""
    return [
        int(number) for number in re.findall(r"^account-\d+\s+: ok=\d+\s+changed=(\d+)", usage.output, re.MULTILINE)
    ]


@contextlib.contextmanager
def started(options: Options) -> Iterator[Site]:
    """A site with a fresh sandbox, stopped in the end."""
    state = options.work / "sandbox"
    shutil.rmtree(state, ignore_errors=True)
    with (
        Sandbox.start(state, python=options.sandbox_python, command=options.emulator) as sandbox,
        Latency(sandbox.endpoint, options.latency / 1000)
        if options.latency
        else contextlib.nullcontext(sandbox) as way,
    ):
        yield Site(options, sandbox, way.endpoint)
