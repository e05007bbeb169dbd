# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How bad an event is, and why: from the catalogue, and from what the record says was done.

The catalogue gives an action its severity. The rules look at the content; the one with the highest severity decides
if it is not below that of the catalogue. A call that came to nothing counts one lower.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from catalogue import Entry
from pipeline import Pipeline, touched_part
from record import Outcome, Record
from shape import dig, first_text, is_true, mapping, text

if TYPE_CHECKING:
    import policy


class Severity(enum.IntEnum):
    """How bad it is; the greater the worse."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4


class Assessment(NamedTuple):
    """How bad an event is. `reason` is one sentence, `rule` the id of what decided. Texts are not safe to print yet."""

    severity: Severity
    rule: str
    reason: str
    entry: Entry
    next: str
    lowered: str = ""
    grants: tuple[str, ...] = ()


class Case(NamedTuple):
    """What the rules look at."""

    record: Record
    statements: tuple[policy.Statement, ...]
    pipeline: Pipeline
    trusted_accounts: frozenset[str] = frozenset()

    def parameter(self, name: str) -> str:
        return text(mapping(self.record.requestParameters).get(name))

    @property
    def user(self) -> str:
        """The user that the call is about; empty if it is the caller's own."""
        made = mapping(self.record.responseElements).values()
        named = first_text(self.parameter("userName"), *(dig(thing, "userName") for thing in made))
        actor = self.record.actor
        return "" if actor.type == "IAMUser" and named == actor.name else named

    def permissions(self) -> Iterable[policy.Statement]:
        return (statement for statement in self.statements if statement.allows and not statement.is_trust)

    def trusts(self) -> Iterable[policy.Statement]:
        return (statement for statement in self.statements if statement.allows and statement.is_trust)

    def other_accounts(self) -> list[str]:
        """The accounts that the role comes to trust besides its own; none if that is not known."""
        own = self.record.account
        named = [account for statement in self.trusts() for account in statement.accounts]
        return [account for account in named if own and account != own]


class Rule(NamedTuple):
    """`look` gives the reason why the rule holds for a case, or nothing. Only the named events are looked at.

    `next` is what to do where the catalogue's advice for the action does not fit.
    """

    id: str
    severity: Severity
    look: Callable[[Case], str]
    events: frozenset[str] = frozenset()
    next: str = ""


UNKNOWN_ACTION = Entry("medium")

_DOCUMENTS = frozenset({"policyDocument", "assumeRolePolicyDocument"})

_ATTACH = frozenset({"AttachUserPolicy", "AttachGroupPolicy", "AttachRolePolicy"})
_PUT = frozenset({"PutUserPolicy", "PutGroupPolicy", "PutRolePolicy"})
_WRITE_POLICY = _PUT | {"CreatePolicy", "CreatePolicyVersion"}
_WRITE_TRUST = frozenset({"UpdateAssumeRolePolicy", "CreateRole"})
_CREDENTIALS = frozenset({"CreateAccessKey", "CreateLoginProfile", "UpdateLoginProfile"})
_MFA_REMOVED = frozenset({"DeactivateMFADevice", "DeleteVirtualMFADevice"})
_PROVIDERS = frozenset(
    {
        "CreateSAMLProvider",
        "UpdateSAMLProvider",
        "CreateOpenIDConnectProvider",
        "UpdateOpenIDConnectProviderThumbprint",
        "AddClientIDToOpenIDConnectProvider",
    }
)
_STRONG_POLICIES = {"PowerUserAccess": "everything but IAM", "IAMFullAccess": "all of IAM"}
_ALL_OF_IAM = ("iam:attachuserpolicy", "iam:createaccesskey", "iam:passrole", "iam:updateassumerolepolicy")
# Each of them, on any resource, is known to be enough to get the permissions of others.
_ESCALATIONS = {
    name.lower(): name
    for name in (
        *("iam:AttachUserPolicy", "iam:AttachRolePolicy", "iam:AttachGroupPolicy", "iam:PutUserPolicy"),
        *("iam:PutRolePolicy", "iam:PutGroupPolicy", "iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion"),
        *("iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:UpdateLoginProfile", "iam:AddUserToGroup"),
        *("iam:UpdateAssumeRolePolicy", "iam:PassRole", "sts:AssumeRole"),
    )
}
_TRAIL_SWITCHES = {
    "isMultiRegionTrail": "regions other than its own",
    "includeGlobalServiceEvents": "the events of IAM",
    "enableLogFileValidation": "proof that its log files are unchanged",
}


def assess(
    record: Record,
    known: Mapping[str, Entry],
    pipeline: Pipeline,
    trusted_accounts: frozenset[str] = frozenset(),
) -> Assessment:
    """How bad the record is; `known` is the catalogue, `trusted_accounts` are those that roles may trust."""
    statements, grants = _policy_of(record)
    case = Case(record, statements, pipeline, trusted_accounts)
    entry = known.get(record.action, UNKNOWN_ACTION)
    severity, rule, reason, step = _decided(case, entry)
    came_to = _CAME_TO_NOTHING.get(record.outcome)
    if not came_to:
        return Assessment(severity, rule, reason, entry, step, "", grants)
    lower = Severity(max(severity - 1, Severity.LOW))
    lowered = f"One lower than {severity.name}, as the call {came_to}." if lower < severity else ""
    if rule not in _SAID_OF_ATTEMPTS and record.service != "signin":
        reason = f"Had it succeeded: {reason}"
    return Assessment(lower, rule, reason, entry, _NEXT_OF_ATTEMPT, lowered, grants)


def _policy_of(record: Record) -> tuple[tuple[policy.Statement, ...], tuple[str, ...]]:
    """The statements of the policy that the call carries, and what they say in words; nothing if it carries none."""
    if _DOCUMENTS.isdisjoint(mapping(record.requestParameters)):
        return (), ()
    import policy  # most calls carry none, and it takes its time to load

    statements = policy.statements(record.requestParameters)
    return statements, tuple(policy.describe(statements, record.account))


_CAME_TO_NOTHING = {Outcome.DENIED: "was denied", Outcome.FAILED: "failed"}
_SAID_OF_ATTEMPTS = ("root-activity", "not-in-catalogue")
_NEXT_OF_ATTEMPT = "Nothing was changed. Ask the actor what it was for. Look for other attempts of theirs."


def _decided(case: Case, entry: Entry) -> tuple[Severity, str, str, str]:
    """Severity, id, reason and advice of the rule that decides, or of the catalogue."""
    base = Severity[(entry.ordinary if entry.ordinary and _tells(case) else entry.severity).upper()]
    for rule in RULES:
        if rule.severity < base or (rule.events and case.record.eventName not in rule.events):
            continue
        reason = rule.look(case)
        if reason:
            return rule.severity, rule.id, reason, rule.next or entry.next
    return base, *_said_by_catalogue(entry), entry.next


def _said_by_catalogue(entry: Entry) -> tuple[str, str]:
    if entry is UNKNOWN_ACTION:
        return "not-in-catalogue", "The action is on your list, but nothing is known of it in the catalogue."
    return "catalogue", entry.why


def _tells(case: Case) -> bool:
    """Whether the record tells what was done, so that finding nothing dangerous in it means something."""
    event = case.record.eventName
    if event in _ATTACH:
        return ":iam::aws:policy/" in case.parameter("policyArn")
    if event in _WRITE_POLICY or event in _WRITE_TRUST:
        return bool(case.statements)
    # The others with an ordinary severity are about keys and MFA: the record tells that they are the caller's own.
    return case.record.actor.type == "IAMUser" and not case.user


def _root(case: Case) -> str:
    return "The root user acted, which ordinary work never needs." if case.record.actor.type == "Root" else ""


def _admin_attached(case: Case) -> str:
    managed = _aws_managed(case)
    return "Policy AdministratorAccess allows everything in the account." if managed == "AdministratorAccess" else ""


def _strong_policy_attached(case: Case) -> str:
    managed = _aws_managed(case)
    return f"Policy {managed} allows {_STRONG_POLICIES[managed]}." if managed in _STRONG_POLICIES else ""


def _aws_managed(case: Case) -> str:
    """The name of the policy of AWS that the call names; empty if it is the account's own."""
    return case.parameter("policyArn").partition(":iam::aws:policy/")[2].rpartition("/")[2]


def _policy_of_admin(case: Case) -> str:
    admin = any(statement.grants_admin for statement in case.permissions())
    return "The policy allows every action on every resource." if admin else ""


def _policy_of_all_but(case: Case) -> str:
    but = any(statement.but_actions and statement.on_everything for statement in case.permissions())
    return "The policy allows everything that it does not name (NotAction)." if but else ""


def _policy_of_iam(case: Case) -> str:
    for statement in case.permissions():
        if not statement.but_actions and statement.on_all_of_a_kind and all(map(statement.names_action, _ALL_OF_IAM)):
            return "The policy allows all of IAM, and so everything."
    return ""


def _policy_of_escalation(case: Case) -> str:
    for statement in case.permissions():
        if statement.but_actions or not statement.on_all_of_a_kind:
            continue
        for lower, action in _ESCALATIONS.items():
            if statement.names_action(lower):
                return f"The policy allows {action} on all resources, enough to get the permissions of others."
    return ""


def _trusts_everyone(case: Case) -> str:
    open_to_all = any(statement.trusts_everyone and not statement.conditional for statement in case.trusts())
    return "Everyone with an AWS account may become the role." if open_to_all else ""


def _trusts_everyone_conditionally(case: Case) -> str:
    open_to_all = any(statement.trusts_everyone for statement in case.trusts())
    return "Everyone who meets the conditions of the trust policy may become the role." if open_to_all else ""


def _trusts_web_identities(case: Case) -> str:
    for statement in case.trusts():
        federated = any(kind == "Federated" for kind, value in statement.principals)
        if federated and not statement.conditional and statement.names_action("sts:assumerolewithwebidentity"):
            return "Any user of the web identity provider may become the role: the trust policy has no condition."
    return ""


def _trusts_another_account(case: Case) -> str:
    others = [account for account in case.other_accounts() if account not in case.trusted_accounts]
    if not others:
        return ""
    unlisted = ", which is not among your trusted accounts," if case.trusted_accounts else ","
    return f"Another account, {others[0]}{unlisted} may become the role."


def _trusts_trusted_account(case: Case) -> str:
    known = [account for account in case.other_accounts() if account in case.trusted_accounts]
    return f"Account {known[0]}, one of your trusted accounts, may become the role." if known else ""


def _credentials_for_another(case: Case) -> str:
    what = "an access key" if case.record.eventName == "CreateAccessKey" else "a password"
    return f"The caller made {what} for another user, {case.user}, and can act as that user." if case.user else ""


def _mfa_taken_from_another(case: Case) -> str:
    return f"Somebody else took MFA off user {case.user}." if case.user else ""


def _mfa_removed(case: Case) -> str:
    return "An MFA device was removed; a password alone may now be enough."


def _boundary_removed(case: Case) -> str:
    return "The permissions boundary is gone: nothing limits any more what can be granted."


def _policy_version_set(case: Case) -> str:
    version = case.parameter("versionId") or "another version"
    return f"The policy was set back to {version}, and an older version may allow more."


def _provider_changed(case: Case) -> str:
    return "An identity provider decides who signs in, and it was added or changed."


def _trail_weakened(case: Case) -> str:
    parameters = mapping(case.record.requestParameters)
    lost = [what for name, what in _TRAIL_SWITCHES.items() if text(parameters.get(name)).lower() == "false"]
    if lost:
        return f"The trail goes without {' and '.join(lost)} from now on."
    return "The trail writes to another bucket than it was made with." if parameters.get("s3BucketName") else ""


def _selectors_weakened(case: Case) -> str:
    parameters = mapping(case.record.requestParameters)
    recorded = [*_listed(parameters.get("eventSelectors")), *_listed(parameters.get("advancedEventSelectors"))]
    return "" if not recorded or any(map(_records_writes, recorded)) else "The trail no longer records write events."


def _records_writes(selector: object) -> bool:
    """Whether a selector, of the plain or of the advanced kind, takes in management events that write."""
    fields = mapping(selector)
    if "fieldSelectors" in fields:
        chosen = {
            text(dig(field, "field")): _listed(dig(field, "equals")) for field in _listed(fields["fieldSelectors"])
        }
        return "Management" in chosen.get("eventCategory", []) and "true" not in map(text, chosen.get("readOnly", []))
    management = is_true(fields.get("includeManagementEvents", True))
    return management and text(fields.get("readWriteType")) != "ReadOnly"


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _pipeline_touched(case: Case) -> str:
    part = touched_part(case.record, case.pipeline)
    return (
        f"It changes this alerting itself, its {part}. Deploying or removing Trailwatch does that, too." if part else ""
    )


def _signed_in_without_mfa(case: Case) -> str:
    alone = case.record.mfa == "no" and case.record.outcome is Outcome.SUCCEEDED
    return "The user signed in to the console with a password alone, without MFA." if alone else ""


_MEND = "If it was not a deployment of yours, deploy again to mend it, and find out who did it."
_ASK_FOR_ROOT = (
    "Ask the keepers of the root user at once. If it was none of them, set another password and end its sessions."
)
_SET_UP_MFA = "Ask the user whether it was them, and have them set up MFA."

# The worst first, as the first one that holds decides.
RULES = (
    Rule("pipeline-changed", Severity.CRITICAL, _pipeline_touched, next=_MEND),
    Rule("administrator-attached", Severity.CRITICAL, _admin_attached, _ATTACH),
    Rule("policy-allows-everything", Severity.CRITICAL, _policy_of_admin, _WRITE_POLICY),
    Rule("policy-allows-all-but", Severity.CRITICAL, _policy_of_all_but, _WRITE_POLICY),
    Rule("policy-allows-iam", Severity.CRITICAL, _policy_of_iam, _WRITE_POLICY),
    Rule("trust-in-everyone", Severity.CRITICAL, _trusts_everyone, _WRITE_TRUST),
    Rule("trust-in-any-web-identity", Severity.CRITICAL, _trusts_web_identities, _WRITE_TRUST),
    Rule("trust-in-another-account", Severity.CRITICAL, _trusts_another_account, _WRITE_TRUST),
    Rule("credentials-for-another-user", Severity.CRITICAL, _credentials_for_another, _CREDENTIALS),
    Rule("mfa-taken-from-another-user", Severity.CRITICAL, _mfa_taken_from_another, frozenset({"DeactivateMFADevice"})),
    Rule("trail-weakened", Severity.CRITICAL, _trail_weakened, frozenset({"UpdateTrail"})),
    Rule("selectors-weakened", Severity.CRITICAL, _selectors_weakened, frozenset({"PutEventSelectors"})),
    Rule("root-activity", Severity.CRITICAL, _root, next=_ASK_FOR_ROOT),
    Rule("strong-policy-attached", Severity.HIGH, _strong_policy_attached, _ATTACH),
    Rule("policy-allows-escalation", Severity.HIGH, _policy_of_escalation, _WRITE_POLICY),
    Rule("trust-in-everyone-under-conditions", Severity.HIGH, _trusts_everyone_conditionally, _WRITE_TRUST),
    Rule("trust-in-trusted-account", Severity.HIGH, _trusts_trusted_account, _WRITE_TRUST),
    Rule("mfa-removed", Severity.HIGH, _mfa_removed, _MFA_REMOVED),
    Rule(
        "boundary-removed",
        Severity.HIGH,
        _boundary_removed,
        frozenset({"DeleteUserPermissionsBoundary", "DeleteRolePermissionsBoundary"}),
    ),
    Rule("policy-version-set-back", Severity.HIGH, _policy_version_set, frozenset({"SetDefaultPolicyVersion"})),
    Rule("identity-provider-changed", Severity.HIGH, _provider_changed, _PROVIDERS),
    Rule("sign-in-without-mfa", Severity.HIGH, _signed_in_without_mfa, frozenset({"ConsoleLogin"}), _SET_UP_MFA),
)
