# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Actions as CloudTrail records them, written C(service:Action).

The service is the C(eventSource) of the record without C(.amazonaws.com), the rest is its C(eventName): for most
services both are as in IAM policies. C(*) stands for any characters, none included. Nothing here calls AWS: which names
exist is known from botocore's service models and from C(recorded_names), of what CloudTrail calls otherwise.
"""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Iterable
from typing import NamedTuple

try:
    from botocore.exceptions import UnknownServiceError
    from botocore.loaders import Loader
except ImportError:
    pass  # Handled by AnsibleAWSModule

from ansible_collections.trailwatch.aws.plugins.module_utils.aws import InvalidValueError
from ansible_collections.trailwatch.aws.plugins.module_utils.recorded_names import EVENT_ONLY, MODELS, RECORDED_AS

SOURCE_SUFFIX = ".amazonaws.com"

# Where to look for an action that has been given to the wrong service, or to none.
_IDENTITY_SERVICES = ("iam", "sts", "organizations", "signin", "sso", "sso-directory", "identitystore", "account")

# By its name an action is read-only if it begins with one of these verbs. Counting one too many does no harm: the
# rule's state then lets the read-only events through, and the pattern still matches the same names.
_READING_VERBS = (
    *("BatchDescribe", "BatchGet", "Check", "Decode", "Describe", "Detect", "Discover", "Download", "Estimate"),
    *("Filter", "Generate", "Get", "Head", "List", "Lookup", "Preview", "Query", "Read", "Scan", "Search", "Select"),
    *("Simulate", "Test", "Validate", "Verify", "View"),
)
# Where the name misleads (IAM User Guide, "Logging IAM and AWS STS API calls with AWS CloudTrail"; AWS KMS Developer
# Guide, "Examples of AWS KMS log entries"; CodeCommit User Guide, "Logging AWS CodeCommit API calls"; of Bedrock public
# records, as its guide's example is none).
_READ_ONLY = frozenset(
    {
        ("bedrock", "Converse"),
        ("bedrock", "ConverseStream"),
        ("bedrock", "InvokeModel"),
        ("bedrock", "InvokeModelWithResponseStream"),
        ("codecommit", "GitPull"),
        ("codecommit", "GitPush"),
        ("ecr", "BatchCheckLayerAvailability"),
        ("identitystore", "IsMemberInGroups"),
        ("kms", "Decapsulate"),
        ("kms", "Decrypt"),
        ("kms", "DeriveSharedSecret"),
        ("kms", "Encapsulate"),
        ("kms", "Encrypt"),
        ("kms", "ReEncrypt"),
        ("kms", "Sign"),
        ("signin", "AuthorizeOAuth2Access"),
        ("signin", "CreateOAuth2Token"),
        ("sts", "AssumeRole"),
        ("sts", "AssumeRoleWithSAML"),
        ("sts", "AssumeRoleWithWebIdentity"),
    }
)
_NOT_READ_ONLY = frozenset(
    {
        ("signin", "CheckMfa"),
        ("signin", "GetSigninToken"),
        ("sts", "GetFederationToken"),
        ("sts", "GetSessionToken"),
    }
)

_SERVICE = re.compile(r"[a-z0-9]+(?:[.-][a-z0-9]+)*")
_NAME = re.compile(r"[A-Za-z0-9_.*-]{1,128}")
_NEWER = "If AWS has it, update botocore."


class ActionError(InvalidValueError):
    """An action that cannot be watched for. The text names it and says what to write; it names no option."""


class UnknownActionError(ActionError):
    """An action that is well-formed, but not among the known ones."""


class Action(NamedTuple):
    """An action, or with C(*) in its name all those that it stands for."""

    service: str
    name: str

    def __str__(self) -> str:
        return f"{self.service}:{self.name}"

    @property
    def event_source(self) -> str:
        """CloudTrail's C(eventSource) of this action."""
        return self.service + SOURCE_SUFFIX

    @property
    def is_wildcard(self) -> bool:
        return "*" in self.name

    def covers(self, other: Action) -> bool:
        """Whether this stands for all that C(other) stands for."""
        return self.service == other.service and _stands_for(self.name, other.name)

    def matches(self, event_source: str, event_name: str) -> bool:
        """Whether a record with this C(eventSource) and C(eventName) is one of this action."""
        return self.event_source == event_source and _stands_for(self.name, event_name)


def parse_actions(texts: Iterable[str]) -> tuple[Action, ...]:
    """The actions of a list, sorted, without those that another one covers; each is known to AWS.

    Raises:
        ActionError: the list is empty, or an entry is malformed.
        UnknownActionError: an entry is no known action, or a wildcard matches none.
    """
    actions = parse_format(texts)
    problems = [problem for action in actions if (problem := _unknown(action))]
    if problems:
        raise UnknownActionError(" ".join(problems))
    return actions


def parse_format(texts: Iterable[str]) -> tuple[Action, ...]:
    """As C(parse_actions), but a name may be one that only AWS knows.

    Raises:
        ActionError: the list is empty, or an entry is malformed.
    """
    texts = list(texts)
    if not texts:
        raise ActionError("The list is empty, so nothing would ever match. Name actions such as 'iam:CreateUser'.")
    problems = [problem for text in texts if (problem := _malformed(text))]
    if problems:
        raise ActionError(" ".join(dict.fromkeys(problems)))
    return collapse(_action(text) for text in texts)


def collapse(actions: Iterable[Action]) -> tuple[Action, ...]:
    """The actions, sorted, without those that another one of them covers."""
    distinct = set(actions)
    wildcards = [action for action in distinct if action.is_wildcard]
    return tuple(
        sorted(action for action in distinct if not any(wild != action and wild.covers(action) for wild in wildcards))
    )


def is_read_only(action: Action) -> bool:
    """Whether CloudTrail marks the action, or with a wildcard one that it can stand for, as read-only.

    It is decided from the name alone, so that it does not depend on the installed botocore.
    """
    if action in _READ_ONLY:
        return True
    if not action.is_wildcard:
        return action.name.startswith(_READING_VERBS) and action not in _NOT_READ_ONLY
    start = action.name.partition("*")[0]
    if any(start.startswith(verb) or verb.startswith(start) for verb in _READING_VERBS):
        return True
    return any(action.covers(Action(*read_only)) for read_only in _READ_ONLY)


@functools.cache
def known_names(service: str) -> frozenset[str]:
    """The names that CloudTrail can record for a service, as far as they are known; none for an unknown service."""
    if _recorded_services(service) != (service,):
        return frozenset()
    loader = Loader()
    names = {name for model in MODELS.get(service, (service,)) for name in _operations(loader, model)}
    names |= EVENT_ONLY.get(service, frozenset())
    recorded = RECORDED_AS.get(service, {})
    return frozenset(names - set(recorded)).union(*recorded.values())


def _recorded_as(action: Action) -> tuple[str, ...]:
    """The names under which CloudTrail records an action."""
    return RECORDED_AS.get(action.service, {}).get(action.name, (action.name,))


def _recorded_services(name: str) -> tuple[str, ...]:
    """What CloudTrail calls a service: its name, or for what is only a model of others those."""
    if name in MODELS or name in EVENT_ONLY:
        return (name,)
    return tuple(service for service, models in MODELS.items() if name in models) or (name,)


def _operations(loader: Loader, model: str) -> Iterable[str]:
    """The operations of a model. Those of CloudFront also have a name with a version, and either is recorded."""
    try:
        operations = loader.load_service_model(model, "service-2")["operations"]
    except UnknownServiceError:
        return ()
    return {name for operation, shape in operations.items() for name in (operation, shape["name"])}


@functools.cache
def _regex(glob: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in glob.split("*")), re.DOTALL)


def _stands_for(glob: str, name: str) -> bool:
    return _regex(glob).fullmatch(name) is not None


def _action(text: str) -> Action:
    service, name = text.strip().split(":")
    return Action(service, re.sub(r"\*+", "*", name))


def _malformed(text: str) -> str:
    """What is wrong with the form of an entry, and what to write; nothing if it is well-formed."""
    service, colon, name = text.strip().partition(":")
    if not colon:
        return _without_service(service)
    prefix = service.lower().removesuffix(SOURCE_SUFFIX)
    if service != prefix:
        return f"'{text}': write the service as CloudTrail has it, '{prefix}:{name}'."
    if "*" in service:
        return f"'{text}': the service must be named, '*' is for the action only, as in 'iam:Create*'."
    if not _SERVICE.fullmatch(service):
        return f"'{text}': '{service}' is no service prefix. Write it as CloudTrail has it, such as 'iam:CreateUser'."
    if not _NAME.fullmatch(name):
        return f"'{text}': an action has letters, digits and '*' for any characters, such as 'iam:Create*'."
    return ""


def _without_service(name: str) -> str:
    owners = [service for service in _IDENTITY_SERVICES if name in known_names(service)]
    proposal = _alternatives(f"{service}:{name}" for service in owners) or f"'service:{name}'"
    return f"'{name}' names no service: write it as {proposal}."


def _unknown(action: Action) -> str:
    """Why an action is not known, and what may have been meant; nothing if it is known."""
    services = _recorded_services(action.service)
    if services != (action.service,):
        written = [f"{service}:{name}" for service in services for name in _recorded_as(Action(service, action.name))]
        return f"CloudTrail records '{action.service}' as {_alternatives(services)}: write {_alternatives(written)}."
    names = known_names(action.service)
    if not names:
        return _unknown_service(action)
    if action.name in names or (action.is_wildcard and any(_stands_for(action.name, name) for name in names)):
        return ""
    recorded = _recorded_as(action)
    if recorded != (action.name,):
        written = [f"{action.service}:{name}" for name in recorded]
        if all(name.startswith(action.name) for name in recorded):
            written.append(f"{action}*")
        return f"CloudTrail records '{action}' as {_alternatives(recorded)}: write {_alternatives(written)}."
    if action.is_wildcard:
        return f"'{action}' matches no known action. {_nearest(action)}{_NEWER}"
    return f"'{action}' is not a known action. {_nearest(action)}{_NEWER}"


def _unknown_service(action: Action) -> str:
    services = {*Loader().list_available_services("service-2"), *MODELS, *EVENT_ONLY}
    near = difflib.get_close_matches(action.service, sorted(services), n=3)
    recorded = dict.fromkeys(service for name in near for service in _recorded_services(name))
    hint = f"Nearest: {_alternatives(f'{service}:{action.name}' for service in recorded)}. " if near else ""
    return f"'{action}': no service '{action.service}' is known. {hint}{_NEWER}"


def _nearest(action: Action) -> str:
    elsewhere = [
        f"{service}:{action.name}"
        for service in _IDENTITY_SERVICES
        if service != action.service and action.name in known_names(service)
    ]
    by_lower = {name.lower(): name for name in sorted(known_names(action.service))}
    near = difflib.get_close_matches(action.name.replace("*", "").lower(), by_lower, n=3)
    names = [f"{action.service}:{by_lower[name]}" for name in near] + elsewhere
    return f"Nearest: {_alternatives(names)}. " if names else ""


def _alternatives(texts: Iterable[str]) -> str:
    return " or ".join(f"'{text}'" for text in texts)
