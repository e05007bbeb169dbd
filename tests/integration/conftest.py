"""Real ansible-playbook runs against the sandbox."""

from __future__ import annotations

import functools
import itertools
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
import yaml

from sandbox import replay
from sandbox.client import Sandbox
from tests.integration.live import Account
from tests.integration.recordings import Recording, Shelf, alike
from tests.integration.warm import WarmPlaybook

ROOT = Path(__file__).parents[2]
# Those that take longest, so that no worker begins one of them when the others have ended.
LONGEST_FIRST = (
    "test_hub",
    "test_drift",
    "test_deployer_policy",
    "test_verify",
    "test_migrate",
    "test_redrive",
    "test_organization_trail",
    "test_broken_off",
    "test_confirm",
    "test_credentials",
    "test_status",
    "test_forwarders",
    "test_customer_key",
    "test_stack_set",
)
# What any deployment makes before its rules.
BEFORE_RULES = ("bucket", "trail", "topic", "queue", "log_group", "execution_role", "function")
OF_GROUPING = ("table", "event_queue", "event_source_mapping")
# Variables by which a deployment leaves out some of that.
APART = ("iam_alerting_name", "iam_alerting_topology", "iam_alerting_trail")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest; the workers take whole files (--dist loadfile)."""
    place = {name: number for number, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: place.get(item.path.stem, len(place)))


@dataclass(frozen=True)
class Run:
    """How a run of ansible-playbook ended.

    Attributes:
        status: its exit status.
        recap: per host the numbers of its recap, such as C(changed) and C(failed).
        output: all that it printed.
        report: the JSON of the report at its end; empty if it came to none.
    """

    status: int
    recap: Mapping[str, Mapping[str, int]]
    output: str
    report: Mapping[str, Any] = field(default_factory=dict)

    def account(self, host: str) -> Mapping[str, Any]:
        """What the report at the end has of the host."""
        (found,) = [account for account in self.report["accounts"] if account["host"] == host]
        return dict(found)

    def outcome(self, host: str) -> str:
        """What the report at the end says of the host on one line."""
        account = self.account(host)
        prefix = {"failed": "FAILED: ", "unreachable": "FAILED: ", "skipped": "skipped: "}.get(account["state"], "")
        return f"{prefix}{account['what']}"

    def changed(self) -> dict[str, int]:
        return {host: counts["changed"] for host, counts in self.recap.items() if host != "localhost"}


class Playbooks:
    """Runs the collection's playbooks with an emulator's endpoint and credentials in the environment.

    Attributes:
        environment: what ansible-playbook gets. After the first run, it stays so.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str], shelf: Shelf | None = None) -> None:
        self.folder, self.shelf = folder, shelf or Shelf(folder / "recordings")
        self.report = folder / "report.json"
        self.environment = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
        self.environment |= environment
        self.environment |= {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1"}
        # Results as Ansible's defaults print them.
        self.environment |= {"ANSIBLE_CALLBACK_RESULT_FORMAT": "json"}
        # With -vvv, the arguments of modules are shown, as older versions of Ansible do without being told.
        self.environment |= {"ANSIBLE_INJECT_INVOCATION": "1"}
        # As wide as with no terminal at all, wherever the tests themselves run.
        self.environment.pop("COLUMNS", None)

    def run(
        self,
        name: str,
        hosts: Mapping[str, Mapping[str, Any]],
        *options: str,
        groups: Mapping[str, Sequence[str]] = MappingProxyType({}),
    ) -> Run:
        """Run playbooks/<name>.yml for these hosts, given with their variables, some of which are in groups."""
        return self.run_by(name, self.inventory(hosts, groups), *options)

    def inventory(
        self, hosts: Mapping[str, Mapping[str, Any]], groups: Mapping[str, Sequence[str]] = MappingProxyType({})
    ) -> Path:
        """An inventory of these hosts, until the next one."""
        inventory = self.folder / "accounts.yml"
        children = {group: {"hosts": dict.fromkeys(members)} for group, members in groups.items()}
        every = {"hosts": {host: dict(vars_) for host, vars_ in hosts.items()}, "children": children}
        inventory.write_text(yaml.safe_dump({"all": every}))
        return inventory

    def run_by(self, name: str, inventory: Path, *options: str) -> Run:
        """Run playbooks/<name>.yml by an inventory that is there."""
        asked = ("-e", f"iam_alerting_report_json={self.report}", *options)
        status, output = self._warm.run((f"playbooks/{name}.yml", "-i", str(inventory), *asked))
        found = json.loads(self.report.read_text()) if self.report.exists() else {}
        self.report.unlink(missing_ok=True)
        return Run(status, _recap(output), output, found)

    @functools.cached_property
    def _warm(self) -> WarmPlaybook:
        return WarmPlaybook(self.folder / "output", ROOT, self.environment)

    def recorded(self, name: str, host: str, variables: Mapping[str, Any], *options: str) -> Recording:
        """Run a playbook for one account, and keep what it wrote."""
        recorder, proxied = self._recorder
        recorder.writes.clear()
        run = proxied.run(name, {host: variables}, *options)
        assert run.status == 0, run.output
        return Recording(replay.Target(variables["account_id"], host), tuple(recorder.writes))

    @functools.cached_property
    def _recorder(self) -> tuple[replay.Recorder, Playbooks]:
        """One for as long as the tests run, and who runs playbooks through it."""
        recorder = replay.Recorder(self.environment["AWS_ENDPOINT_URL"]).__enter__()
        return recorder, Playbooks(self.folder, {**self.environment, "AWS_ENDPOINT_URL": recorder.endpoint})

    def deployed(self, hosts: Mapping[str, Mapping[str, Any]], *options: str) -> None:
        """Deploy to accounts: once for each set of variables, and otherwise by what was written then."""

        def deploy(host: str, variables: Mapping[str, Any]) -> Recording:
            if not variables.keys().isdisjoint(APART):
                return self.recorded("deploy", host, variables, *options)
            begun = self.begun({host: variables})
            return begun[host] + self.recorded("deploy", host, variables, *options)

        self._repeated(hosts, options, deploy)

    def begun(self, hosts: Mapping[str, Mapping[str, Any]]) -> dict[str, Recording]:
        """Bring accounts as far as a deployment comes before it makes its rules, so that no event is told of yet.

        What else is asked for by the variables, the deployment changes. That it goes on from where another ended, is
        shown by test_broken_off.py.
        """
        common: dict[str, dict[str, Any]] = {}
        for host, variables in hosts.items():
            grouped = bool(variables.get("iam_alerting_group_seconds"))
            parts = [*BEFORE_RULES, *(OF_GROUPING if grouped else ())]
            common[host] = {
                "account_id": variables["account_id"],
                "iam_alerting_group_seconds": 300 if grouped else 0,
                "iam_alerting_components": parts,
            }
        return self._repeated(common, (), lambda host, variables: self.recorded("deploy", host, variables))

    def _repeated(
        self,
        hosts: Mapping[str, Mapping[str, Any]],
        options: Sequence[str],
        make: Callable[[str, Mapping[str, Any]], Recording],
    ) -> dict[str, Recording]:
        """What was done in each account: by Ansible, or as it was recorded before."""
        found: dict[str, Recording] = {}
        others: dict[str, dict[str, replay.Target]] = {}
        for host, variables in hosts.items():
            asked = alike(variables["account_id"], variables, options)
            found[host], new = self.shelf.recording(asked, functools.partial(make, host, variables))
            if not new:
                others.setdefault(asked, {})[host] = replay.Target(variables["account_id"], host)
        for targets in others.values():
            recording = found[next(iter(targets))]
            found |= zip(targets, recording.repeat(self.environment, *targets.values()), strict=True)
        return found


def _recap(output: str) -> dict[str, dict[str, int]]:
    lines = re.findall(r"^(\S+)\s+: (ok=\d+.*)$", output, re.MULTILINE)
    return {host: {key: int(value) for key, value in re.findall(r"(\w+)=(\d+)", counts)} for host, counts in lines}


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox.start(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    """One for all workers, each of which has a folder of its own in the one that they share."""
    folder = tmp_path_factory.getbasetemp()
    return Shelf((folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) / "recordings")


@pytest.fixture(scope="session")
def playbooks(sandbox: Sandbox, shelf: Shelf, tmp_path_factory: pytest.TempPathFactory) -> Playbooks:
    return Playbooks(tmp_path_factory.mktemp("inventory"), sandbox.environment(), shelf)


@pytest.fixture(scope="session")
def open_account(sandbox: Sandbox) -> Callable[..., Account]:
    """Opens an account of its own for each test that asks, in the organization or C(outside) of it."""
    numbers = itertools.count(100000000001)

    def open_one(outside: bool = False) -> Account:
        account = Account(str(next(numbers)), sandbox.environment())
        sandbox.add_accounts(account.id, outside=outside)
        return account

    return open_one
