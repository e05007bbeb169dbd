"""Each AWS call of a deploy, and of a teardown, failed once: what comes of it, and of the runs after it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from benchmarks.process import descendants
from soak.cases import KINDS, Call, Case, by_account, calls_of
from soak.site import Site
from soak.verdict import Result, Verdict, is_failure, judged
from tests.integration.conftest import ROOT, Run
from tests.integration.live import Account, resources
from tests.integration.specification_options import grouped

ACTIONS = ["iam:CreateUser", "iam:DeleteUser"]
SUBSCRIBER = "secops@example.com"
SECONDS = 60

# Accounts that share a run, and runs that share the processors; those that wait for an answer only take memory.
TOGETHER = 8
RUNS_AT_ONCE = 2
WAITING_AT_ONCE = 40
LOGS_TOO = ("-e", "iam_alerting_delete_logs=true")


@dataclass
class Subject:
    """An account, the cases that its first run is to meet, and what came of its runs."""

    account: Account
    cases: Sequence[Case]
    met: Sequence[Case] = ()
    outcome: str | None = None
    problems: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"account-{self.account.id}"

    @property
    def host(self) -> dict[str, Any]:
        return {
            "account_id": self.account.id,
            "iam_alerting_actions": ACTIONS,
            "iam_alerting_subscribers": [SUBSCRIBER],
            "iam_alerting_group_seconds": SECONDS,
        }

    def to_try_alone(self) -> list[Case]:
        """Those of its cases of which its run does not tell what comes: all of them if it failed."""
        if self.outcome is not None and is_failure(self.outcome):
            self.met = ()
        return [case for case in self.cases if case not in self.met]

    def results(self) -> list[Result]:
        """What came of its cases; of those that were tried alone, only what went wrong here."""
        return judged(self.met or (self.cases if self.problems else ()), self.outcome, self.problems)

    @property
    def alone(self) -> bool:
        """Whether its run would hold up others."""
        return any(case.waits for case in self.cases)


class Deploy:
    """A first deploy, which is to lead to what is specified."""

    playbook = "deploy"
    options: tuple[str, ...] = ()

    def expected(self, subject: Subject) -> Mapping[str, Any]:
        return grouped(subject.account.id, subject.name, ACTIONS, [SUBSCRIBER], SECONDS)


class Teardown:
    """A teardown with all log files, which is to leave nothing."""

    playbook = "teardown"
    options = LOGS_TOO

    def expected(self, _subject: Subject) -> Mapping[str, Any]:
        return {}


class Sweep:
    """Runs the cases of one playbook."""

    def __init__(self, site: Site, action: Deploy | Teardown) -> None:
        self._site, self._sandbox = site, site.sandbox
        self._action = action

    def calls(self, account: Account) -> list[Call]:
        """The calls of a run without any fault."""
        self._sandbox.clear_calls(account.id)
        run = self.play([Subject(account, ())])
        if run.status != 0:
            raise RuntimeError(f"the {self._action.playbook} without faults failed:\n{run.output}")
        return calls_of(self._sandbox.calls(account.id))

    def run(self, cases: Sequence[Case], accounts: Callable[[int], list[Account]]) -> list[Result]:
        """What came of the cases, in so many accounts as they need.

        Args:
            accounts: gives so many accounts, in which the playbook can be run for the first time.
        """
        shared = [group for kind in KINDS for group in by_account([case for case in cases if case.kind == kind])]
        subjects = _subjects(shared, accounts)
        self._meet(subjects)
        # Which case was it? Each is tried in an account of its own, as are those that did not come.
        alone = [[case] for subject in subjects if len(subject.cases) > 1 for case in subject.to_try_alone()]
        second = _subjects(alone, accounts)
        self._meet(second)
        subjects += second
        self._repeat(subjects)
        results = [one for subject in subjects for one in subject.results()]
        met = {result.case for result in results}
        return results + [Result(case, Verdict.UNREACHED) for case in cases if case not in met]

    def _meet(self, subjects: Sequence[Subject]) -> None:
        """The first run of each account, in which its cases come."""
        for subject in subjects:
            self._sandbox.clear_calls(subject.account.id)
            for case in subject.cases:
                self._sandbox.fault(subject.account.id, **case.order)
        alone = [subject for subject in subjects if subject.alone]
        others = [subject for subject in subjects if not subject.alone]
        batches = [others[first : first + TOGETHER] for first in range(0, len(others), TOGETHER)]
        with ThreadPoolExecutor(WAITING_AT_ONCE) as waiting, ThreadPoolExecutor(RUNS_AT_ONCE) as working:
            runs = [waiting.submit(self._first_run, [subject]) for subject in alone]
            runs += [working.submit(self._first_run, batch) for batch in batches]
            for run in runs:
                run.result()
        for subject in subjects:
            used = [fault["used"] for fault in self._sandbox.faults(subject.account.id)]
            subject.met = [case for case, times in zip(subject.cases, used, strict=True) if times]
            self._sandbox.clear_faults(subject.account.id)

    def _first_run(self, subjects: Sequence[Subject]) -> None:
        if subjects[0].cases and subjects[0].cases[0].kind == "killed":
            self._kill(subjects[0])
            return
        run = self.play(subjects)
        for subject in subjects:
            subject.outcome = run.outcome(subject.name)
        print(".", end="", flush=True)

    def _kill(self, subject: Subject) -> None:
        """Kill ansible-playbook, with all that it has started, when AWS has executed the call."""
        playbooks = self._site.playbooks()
        inventory = playbooks.inventory({subject.name: subject.host})
        program = str(Path(sys.executable).with_name("ansible-playbook"))
        command = [program, f"playbooks/{self._action.playbook}.yml", "-i", str(inventory)]
        output = subprocess.DEVNULL
        process = subprocess.Popen(
            [*command, *self._action.options], cwd=ROOT, env=playbooks.environment, stdout=output, stderr=output
        )
        while not self._sandbox.faults(subject.account.id)[0]["used"] and process.poll() is None:
            time.sleep(0.05)
        if process.poll() is None:
            for pid in list(descendants(process.pid)):
                os.kill(pid, signal.SIGKILL)
        process.wait()

    def _repeat(self, subjects: Sequence[Subject]) -> None:
        """Run again, and once more, and compare what is there with what is to be there."""
        again = self.play(subjects)
        for subject in subjects:
            if is_failure(outcome := again.outcome(subject.name)):
                subject.problems.append(f"repeated, it says {outcome}")
            self._sandbox.clear_calls(subject.account.id)
        third = self.play(subjects)
        for subject in subjects:
            if is_failure(outcome := third.outcome(subject.name)):
                subject.problems.append(f"the third time, it says {outcome}")
            if writes := self._sandbox.calls(subject.account.id, writes=True):
                subject.problems.append(f"the third run writes: {', '.join(call['eventName'] for call in writes)}")
            subject.problems += self._differing(subject)

    def _differing(self, subject: Subject) -> list[str]:
        """What there is and is not specified, or the other way round."""
        try:
            there = {kind: found for kind, found in resources(subject.account).items() if found}
        except (ClientError, KeyError) as error:  # a part of a resource that every specification has
            return [f"not as specified: {error}"]
        expected = {kind: found for kind, found in self._action.expected(subject).items() if found}
        differing = [kind for kind in there.keys() | expected.keys() if there.get(kind) != expected.get(kind)]
        return [f"not as specified: {', '.join(sorted(differing))}"] if differing else []

    def play(self, subjects: Sequence[Subject]) -> Run:
        hosts = {subject.name: subject.host for subject in subjects}
        return self._site.playbooks().run(self._action.playbook, hosts, *self._action.options)


def _subjects(cases: Sequence[Sequence[Case]], accounts: Callable[[int], list[Account]]) -> list[Subject]:
    return [Subject(account, group) for account, group in zip(accounts(len(cases)), cases, strict=True)]
