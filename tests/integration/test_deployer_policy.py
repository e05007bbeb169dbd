"""The role of the template for deployers can do all that the playbooks do, and nothing that it must not."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from ansible_collections.trailwatch.aws.plugins.module_utils.permissions import permissions
from sandbox.client import Sandbox
from tests.authorization import actions_of
from tests.integration import drift, hands
from tests.integration.conftest import Playbooks, Run
from tests.integration.deployer_role import EXTERNAL_ID, NAME, ROLE, caller, make_role, organization_id
from tests.integration.live import Account, resources

ADDRESS = "told-by-deployer@example.com"
FALLBACK = "fallback-of-deployer@example.com"
STACK_SETS = "member.org.stacksets.cloudformation.amazonaws.com"
# What a broken verification left is not waited for.
AT_ONCE = ("-e", "__iam_alerting_leftover_minutes=0")
# The accounts differ in what is optional: in the settings, and in whom the template lets in.
ACCOUNTS: dict[str, dict[str, Any]] = {
    "plain": {"iam_alerting_external_id": EXTERNAL_ID},
    "everything": {
        "iam_alerting_group_seconds": 60,
        "iam_alerting_reserved_concurrency": 5,
        "iam_alerting_heartbeat_minutes": 15,
        "iam_alerting_customer_key": True,
        "iam_alerting_fallback": FALLBACK,
        "iam_alerting_forwarding_regions": [hands.FORWARDING_REGION],
        "iam_alerting_verify_with": "role",
        # And enrols members, as a delegated administrator of CloudFormation.
        "iam_alerting_topology": "hub",
        "iam_alerting_hub_entries": ["event_bus"],
    },
    # Of that hub, and entered by the same role.
    "member": {"iam_alerting_topology": "member", "iam_alerting_hub_entries": ["event_bus"]},
}
REMINDER = json.dumps({"summary": {"pk": "group", "opener": "event#2026-11-23T03:12:45Z#1a2b"}})


def change_everything(account: Account, *rows: drift.Row) -> None:
    """Every attribute that is managed is changed at once, but for what would hide another change.

    Tags stay: by them the role knows keys, and a resource that is otherwise unlike ours would be somebody else's.
    """
    told = (row for row in rows if row.attribute not in ("", "Tags") and not row.alone)
    hands = {(row.component, row.attribute): row.hand for row in told}
    for hand in hands.values():
        hand(account)


def filter_subscriptions(account: Account) -> None:
    sns = account.client("sns")
    for each in sns.list_subscriptions_by_topic(TopicArn=hands.arn(account, "sns", NAME))["Subscriptions"]:
        sns.set_subscription_attributes(
            SubscriptionArn=each["SubscriptionArn"],
            AttributeName="FilterPolicy",
            AttributeValue='{"severity": ["low"]}',
        )


def change_stack_set(sandbox: Sandbox) -> None:
    """The management account owns it, and may do anything with it."""
    cloudformation = caller(sandbox).client("cloudformation", endpoint_url=sandbox.endpoint)
    name = f"{NAME}-stackset"
    known = cloudformation.describe_stack_set(StackSetName=name)["StackSet"]
    cloudformation.update_stack_set(
        StackSetName=name,
        TemplateBody=known["TemplateBody"],
        Capabilities=known["Capabilities"],
        Description="Somebody's.",
    )


def leave_what_a_broken_verification_leaves(account: Account) -> None:
    name, tags = f"{NAME}-verify-0", [{"Key": "trailwatch", "Value": NAME}]
    iam, path = account.client("iam"), "/trailwatch-verify/"
    iam.create_user(UserName=name, Path=path, Tags=tags)
    iam.create_role(RoleName=name, Path=path, Tags=tags, AssumeRolePolicyDocument=hands.TRUST)


def leave_its_queue(account: Account) -> None:
    """It is in the account that alerts, so never in a member."""
    account.client("sqs").create_queue(QueueName=f"{NAME}-verify-0", tags={"trailwatch": NAME})


def lose_messages(account: Account) -> None:
    """And no others, as there are of the changes by hand, which a broken function was told of."""
    account.client("sqs").purge_queue(QueueUrl=hands.queue_url(account))
    for body in ("no event", REMINDER):
        account.client("sqs").send_message(QueueUrl=hands.queue_url(account), MessageBody=body)


class Deployer:
    """Accounts that are deployed, changed by hand, mended, proven and torn down with the role of the template alone."""

    def __init__(
        self, sandbox: Sandbox, playbooks: Playbooks, accounts: Mapping[str, Account], enrolling: Mapping[str, Any]
    ) -> None:
        self.sandbox, self.playbooks, self.accounts = sandbox, playbooks, accounts
        self.hosts = {
            name: {
                "account_id": account.id,
                "iam_alerting_assume_role": ROLE,
                "iam_alerting_actions": ["iam:*User", "iam:*Role"],
                "iam_alerting_subscribers": [{"endpoint": ADDRESS, "minimum_severity": "medium"}],
                "iam_alerting_verify_minutes": 2,
                **ACCOUNTS[name],
            }
            for name, account in accounts.items()
        }
        self.hosts["everything"] |= enrolling
        self.hosts["member"] |= {"iam_alerting_hub": accounts["everything"].id}
        self.runs: dict[str, Run] = {}
        self.calls: dict[str, list[dict[str, Any]]] = {}

    def run(self, step: str, playbook: str, *options: str) -> None:
        self.each(lambda account: self.sandbox.clear_calls(account.id))
        self.runs[step] = self.playbooks.run(playbook, self.hosts, *AT_ONCE, *options)
        self.calls[step] = [call for account in self.accounts.values() for call in self._made(account)]

    def each(self, hand: Callable[[Account], None]) -> None:
        for account in self.accounts.values():
            hand(account)

    def _made(self, account: Account) -> list[dict[str, Any]]:
        """What the role has called in an account."""
        calls = self.sandbox.calls(account.id)
        return [call for call in calls if f"assumed-role/{ROLE}/" in call["userIdentity"].get("arn", "")]

    def called(self, *steps: str) -> set[str]:
        """The actions that these steps needed."""
        return {action for step in steps for call in self.calls[step] for action in actions_of(call)}

    def live(self) -> None:
        """All that the playbooks do in the life of an account."""
        plain, everything, _member = self.accounts.values()
        self.run("deploy", "deploy")
        assert self.runs["deploy"].status == 0, self.runs["deploy"].output
        self.sandbox.confirm(FALLBACK)
        self.run("confirm", "confirm", "-e", json.dumps({"iam_alerting_confirmation_links": self.links()}))
        change_everything(plain, *(row for row in drift.ROWS if row.component != "fallback_topic"))
        change_everything(
            everything, *(row for row in drift.ROWS if row.component == "fallback_topic"), *drift.GROUPING_ROWS
        )
        filter_subscriptions(everything)
        change_stack_set(self.sandbox)
        self.run("mend", "deploy")
        assert self.runs["mend"].status == 0, self.runs["mend"].output
        self.sandbox.confirm(ADDRESS)  # as the topic was deleted, and made anew
        self.each(leave_what_a_broken_verification_leaves)
        leave_its_queue(plain)
        leave_its_queue(everything)
        # One after the other: at once, each takes the queue of the other in the hub for one that was left there.
        self.run("verify", "verify", "--limit", "plain,everything,localhost")
        self.run("verify member", "verify", "--limit", "member,localhost")
        self.each(lose_messages)
        self.run("redrive", "redrive")
        self.run("status", "status", "-e", "iam_alerting_status_show=all")
        self.run("teardown", "teardown", "-e", "iam_alerting_delete_logs=true")

    def links(self) -> list[str]:
        return [mail.get_content() for mail in self.sandbox.mails(ADDRESS, "confirmation")]


def enrolling(sandbox: Sandbox, administrator: Account, member: Account) -> dict[str, Any]:
    """The variables of a hub that enrols the accounts of a new unit, which has one."""
    organizations = caller(sandbox).client("organizations", endpoint_url=sandbox.endpoint)
    organizations.enable_aws_service_access(ServicePrincipal=STACK_SETS)
    organizations.register_delegated_administrator(AccountId=administrator.id, ServicePrincipal=STACK_SETS)
    root = organizations.list_roots()["Roots"][0]["Id"]
    unit = organizations.create_organizational_unit(ParentId=root, Name="enrolled")["OrganizationalUnit"]["Id"]
    organizations.move_account(AccountId=member.id, SourceParentId=root, DestinationParentId=unit)
    return {
        "iam_alerting_organization": organizations.describe_organization()["Organization"]["Id"],
        "iam_alerting_member_organizational_units": [unit],
    }


@pytest.fixture(scope="module")
def deployer(sandbox: Sandbox, playbooks: Playbooks, open_account: Callable[[], Account]) -> Deployer:
    accounts = {name: open_account() for name in ACCOUNTS}
    make_role(
        accounts["plain"], sandbox, DeleteLogs="true", ExternalId=EXTERNAL_ID, OrganizationId=organization_id(sandbox)
    )
    make_role(accounts["everything"], sandbox, DeleteLogs="true", StackSet="true")
    make_role(accounts["member"], sandbox, DeleteLogs="true")
    deployer = Deployer(sandbox, playbooks, accounts, enrolling(sandbox, accounts["everything"], open_account()))
    deployer.live()
    return deployer


OUTCOMES = {
    "deploy": {
        "plain": "changed: bucket, trail, topic, ",
        "everything": "changed: key, bucket, trail, topic, ",
        "member": "changed: bucket, trail, queue, forwarding_role, rule, ",
    },
    "confirm": {name: f"confirmed: {ADDRESS}" for name in ("plain", "everything")},
    "mend": {"plain": "changed: bucket, trail, topic, queue, log_group, execution_role, function, rule"},
    "verify": {name: "pass: " for name in ("plain", "everything")},
    "verify member": {"member": "pass: "},
    "teardown": {name: "removed, with all log files" for name in ACCOUNTS},
}


@pytest.mark.parametrize("step", OUTCOMES)
def test_the_role_suffices(step: str, deployer: Deployer) -> None:
    run = deployer.runs[step]
    assert run.status == 0, run.output
    for name, said in OUTCOMES[step].items():
        assert run.outcome(name).startswith(said), run.output


def test_the_role_suffices_for_redrive_and_status(deployer: Deployer) -> None:
    redriven, status = deployer.runs["redrive"], deployer.runs["status"]
    told = {
        "everything": "1 reminded of a summary",
        "member": "1 reminded of a summary",
        "plain": "1 a reminder without anything to tell",
    }
    for name, what in told.items():
        assert f"{what}, 1 left. message " in redriven.outcome(name), redriven.output
        assert redriven.outcome(name).endswith(": is no event; look at it, and delete it by hand")
    assert status.status == 0, status.output
    assert "unreadable" not in status.output


def test_nothing_that_the_role_called_was_denied(deployer: Deployer) -> None:
    denied = [
        (step, call["eventName"], call["errorMessage"])
        for step, calls in deployer.calls.items()
        for call in calls
        if "denied" in call.get("errorCode", "").lower() or "not authorized" in call.get("errorMessage", "")
    ]
    assert denied == []


DEPLOY = ["read", "deploy", "deploy-options", "deploy-key", "deploy-stack-set"]
PROVE = ["read", "prove"]
# The policies that are said to be needed for what a step does.
POLICIES = {
    "deploy": DEPLOY,
    "confirm": PROVE,
    "mend": DEPLOY,
    "verify": PROVE,
    "verify member": PROVE,
    "redrive": PROVE,
    "status": ["read"],
    "teardown": [*DEPLOY, "delete-logs"],
}


@pytest.mark.parametrize("step", POLICIES)
def test_whatever_a_step_calls_is_in_the_policies_that_it_is_said_to_need(step: str, deployer: Deployer) -> None:
    allowed = {action for name in POLICIES[step] for each in permissions().of(name) for action in each.actions}
    assert deployer.called(step) - allowed == set()


# What only the organization's trail needs; test_organization_trail.py makes that with the role of the template, too.
OF_ORGANIZATION = ("deploy-organization", "ReadOrganization")


@pytest.mark.parametrize("policy", [policy for policy in permissions().needed_for if policy not in OF_ORGANIZATION])
def test_whatever_is_in_a_policy_is_called_or_says_why_not(policy: str, deployer: Deployer) -> None:
    statements = [each for each in permissions().of(policy) if each.sid not in OF_ORGANIZATION]
    called = deployer.called(*(step for step, needed in POLICIES.items() if policy in needed))
    unseen = {action for statement in statements for action in statement.unseen}
    assert {action for statement in statements for action in statement.actions} - called - unseen == set()


LEFT: dict[str, dict[str, set[str]]] = {"plain": {}, "everything": {"keys": {f"alias/{NAME}"}}, "member": {}}


def test_nothing_is_left_but_the_key_which_kms_deletes_later(deployer: Deployer) -> None:
    for name, account in deployer.accounts.items():
        hands.tidy(account)
        found = resources(account)
        assert set(found.pop("roles")) == {ROLE}
        assert {kind: set(there) for kind, there in found.items() if there} == LEFT[name]
        assert all(key["state"] == "PendingDeletion" for key in found["keys"].values())
