"""A storm: many events in many accounts, and the account of each of them."""

from __future__ import annotations

import functools
import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import boto3
from botocore import xform_name

from soak import evidence
from soak.ledger import FATES, Ledger, ledger
from soak.setups import ACTIONS, SPACED_SECONDS, Setup, setups, shares
from soak.site import Site
from tests.integration.live import Account

# What docs/storms.md promises of an account.
CAP = 8
# Where nothing holds mails back, SNS does: it suspends who gets more.
SNS_LIMIT = 10
# What is closed is so for the first quarter of the events, and until one of them has failed of it.
CLOSED_SHARE = 4
MET_SECONDS = 300
# Longer than the three minutes after which a message that failed comes again.
PATIENCE_SECONDS = 300
STILL_SECONDS = 8


@dataclass(frozen=True)
class Options:
    """How many accounts, and how many events in all of them."""

    accounts: int
    events: int


@dataclass(frozen=True)
class Place:
    """An account in the storm."""

    account: Account
    setup: Setup
    events: int

    @property
    def name(self) -> str:
        return f"account-{self.account.id}"

    @property
    def told_of(self) -> int:
        """How many events are to be told of, with those of what the storm does to the alerting itself."""
        return self.events + self.setup.touches

    @property
    def host(self) -> dict[str, Any]:
        return {
            "account_id": self.account.id,
            "iam_alerting_actions": [f"iam:{action}" for action in ACTIONS],
            "iam_alerting_subscribers": [evidence.address(self.account)],
            **self.setup.variables,
        }


def run(site: Site, options: Options) -> bool:
    """Deploy, let it storm, redrive, account; whether each event is accounted for once and no cap was passed."""
    chosen = setups(options.accounts)
    numbers = shares(chosen, options.events)
    places = [Place(site.open_account(), setup, number) for setup, number in zip(chosen, numbers, strict=True)]
    _play(site, "deploy", places)
    for place in places:
        site.sandbox.confirm(evidence.address(place.account))
        site.sandbox.clear_calls(place.account.id)
    print(f"Storm: {options.events} events in {len(places)} accounts", flush=True)
    with ThreadPoolExecutor(len(places)) as pool:
        list(pool.map(lambda place: storm(site, place), places))
    wait_until_still(site, places)
    letters = {place.name: evidence.dead_letters(place.account) for place in places}
    if lettered := [place for place in places if letters[place.name]]:
        _play(site, "redrive", lettered)
        wait_until_still(site, lettered)
    ledgers = [_account(site, place, letters[place.name]) for place in places]
    print(table(places, ledgers))
    for place, one in zip(places, ledgers, strict=True):
        for problem in one.problems:
            print(f"{place.setup.name}, account {place.account.id}: {problem}")
    return not any(one.problems for one in ledgers)


def _play(site: Site, playbook: str, places: Sequence[Place]) -> None:
    run = site.playbooks().run(playbook, {place.name: place.host for place in places})
    if run.status != 0:
        raise RuntimeError(f"the {playbook} failed:\n{run.output}")


def storm(site: Site, place: Place) -> None:
    """Make the calls of one account, real ones, in turn as each of its actors."""
    actors = [_actor(site, place.account, role) for role in place.setup.actors]
    opened = _CLOSE[place.setup.closed](place.account) if place.setup.closed else None
    for number in range(place.events):
        if opened and number == place.events // CLOSED_SHARE:
            _wait_until_met(place.account)
            opened()
        # One actor makes all calls of a user.
        user, action = divmod(number, len(ACTIONS))
        _call(actors[user % len(actors)], ACTIONS[action], f"user-{user}")
        if place.setup.spaced:
            time.sleep(SPACED_SECONDS)


def _actor(site: Site, account: Account, role: str) -> Any:
    """A client of IAM with a session of that role, which is made if need be."""
    if not role:
        return account.client("iam")
    iam = account.client("iam")
    iam.create_role(
        RoleName=role, AssumeRolePolicyDocument=json.dumps(_statement("sts:AssumeRole", Principal={"AWS": "*"}))
    )
    iam.put_role_policy(RoleName=role, PolicyName="all", PolicyDocument=json.dumps(_statement("iam:*", Resource="*")))
    arn = f"arn:aws:iam::{account.id}:role/{role}"
    keys = account.client("sts").assume_role(RoleArn=arn, RoleSessionName="run-1")["Credentials"]
    return boto3.client(
        "iam",
        region_name="us-east-1",
        endpoint_url=site.sandbox.endpoint,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )


def _statement(action: str, **more: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, **more}]}


def _call(iam: Any, action: str, user: str) -> None:
    policy = {"PolicyName": "reads"}
    arguments: dict[str, dict[str, Any]] = {
        "TagUser": {"Tags": [{"Key": "team", "Value": "soak"}]},
        "PutUserPolicy": {**policy, "PolicyDocument": json.dumps(_statement("s3:GetObject", Resource="*"))},
        "DeleteUserPolicy": policy,
    }
    getattr(iam, xform_name(action))(UserName=user, **arguments.get(action, {}))


def _close_topic(account: Account) -> Callable[[], object]:
    """Take from the function the right to publish; what gives it back is answered."""
    iam, role = account.client("iam"), f"{evidence.NAME}-function"
    (name,) = [name for name in iam.list_role_policies(RoleName=role)["PolicyNames"] if "grouping" not in name]
    document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    kept = [each for each in document["Statement"] if "sns:Publish" not in each["Action"]]

    def put(statements: list[Any]) -> None:
        policy = {**document, "Statement": statements}
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(policy))

    put(kept)
    return functools.partial(put, document["Statement"])


def _close_queue(account: Account) -> Callable[[], object]:
    """Let the rule send nothing to the queue of events; what lets it again is answered."""
    sqs = account.client("sqs")
    url = sqs.get_queue_url(QueueName=f"{evidence.NAME}-events")["QueueUrl"]
    policy = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]["Policy"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})
    return functools.partial(sqs.set_queue_attributes, QueueUrl=url, Attributes={"Policy": policy})


_CLOSE = {"topic": _close_topic, "queue": _close_queue}


def _wait_until_met(account: Account) -> None:
    """Until an event could not be delivered, as the dead-letter queue or the function's log tells."""
    ends = time.monotonic() + MET_SECONDS
    while not evidence.has_failed(account):
        if time.monotonic() > ends:
            raise RuntimeError(f"nothing has failed in account {account.id}, in which something was closed")
        time.sleep(1)


def wait_until_still(site: Site, places: Sequence[Place]) -> None:
    """Until no event waits and no mail comes any more, or nothing has moved for long: what is missing then is lost."""
    moved, before = time.monotonic(), None
    while time.monotonic() - moved < PATIENCE_SECONDS:
        now = [(evidence.events_waiting(each.account), evidence.told(site.sandbox, each.account)) for each in places]
        if now != before:
            moved, before = time.monotonic(), now
        elif not any(waiting for waiting, _told in now):
            return
        time.sleep(STILL_SECONDS)


def _account(site: Site, place: Place, letters: list[str]) -> Ledger:
    events = evidence.offered(site.sandbox, place.account, place.setup.told_of)
    if len(events) != place.told_of:
        raise RuntimeError(f"{place.told_of} calls were made in {place.account.id}, and CloudTrail has {len(events)}")
    found = evidence.collect(site.sandbox, place.account, events, letters)
    return ledger(found, SNS_LIMIT if place.setup.spaced else CAP)


def table(places: Sequence[Place], ledgers: Sequence[Ledger]) -> str:
    """A line for each set-up: accounts, events, what came of them, and the most mails to an address in a second."""
    lines = [
        f"| set-up | accounts | events | {' | '.join(FATES)} | of these dead letters first | most mails in a second |",
        "|---|" + "--:|" * (len(FATES) + 4),
    ]
    for name in dict.fromkeys(place.setup.name for place in places):
        of_it = [(place, one) for place, one in zip(places, ledgers, strict=True) if place.setup.name == name]
        fates = sum((Counter(one.fates) for _place, one in of_it), Counter())
        numbers = [len(of_it), sum(place.told_of for place, _one in of_it), *(fates[fate] for fate in FATES)]
        numbers += [sum(one.letters for _place, one in of_it), max(one.rate for _place, one in of_it)]
        lines.append(f"| {name} | {' | '.join(map(str, numbers))} |")
    return "\n".join(lines)
