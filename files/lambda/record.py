# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: N815  fields bear CloudTrail's names
"""A CloudTrail record of any shape, read into one structure."""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import identity
from shape import dig, first_text, is_true, mapping, text

_DENIED = re.compile("accessdenied|unauthorized|notauthorized|authorizationerror|forbidden", re.IGNORECASE)


class NotARecordError(ValueError):
    """The event carries no CloudTrail record."""


class Outcome(enum.Enum):
    """How the call ended."""

    SUCCEEDED = "succeeded"
    DENIED = "denied"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Record(NamedTuple):
    """One recorded event.

    Fields with CloudTrail's names hold what CloudTrail wrote, as text where the field is text (empty when absent)
    and untouched where it is a structure. Nothing in here is safe to print yet.
    """

    eventID: str
    requestID: str
    eventTime: str
    eventSource: str
    eventName: str
    awsRegion: str
    sourceIPAddress: str
    userAgent: str
    errorCode: str
    errorMessage: str
    requestParameters: Any
    responseElements: Any
    serviceEventDetails: Any
    resources: Any
    addendum: Mapping[str, Any]
    account: str
    actor: identity.Actor
    mfa: str
    outcome: Outcome
    from_console: bool

    @property
    def service(self) -> str:
        """The service as in an action list: the first label of eventSource."""
        return self.eventSource.split(".", 1)[0] or "unknown"

    @property
    def action(self) -> str:
        """The action as in an action list, for example iam:CreateUser."""
        return f"{self.service}:{self.eventName or 'unknown'}"


def parse(event: object) -> Record:
    """Read the CloudTrail record in an EventBridge event.

    Takes a record of any shape. Raises NotARecordError if the event's detail is no JSON object.
    """
    envelope = mapping(event)
    detail = envelope.get("detail")
    if not isinstance(detail, dict):
        raise NotARecordError(
            "expected an EventBridge event whose 'detail' is a CloudTrail record (a JSON object), "
            f"got {'detail' if envelope else 'an event'} of type {type(detail if envelope else event).__name__}"
        )
    additional = detail.get("additionalEventData")
    event_name = text(detail.get("eventName"))
    actor = identity.resolve(detail.get("userIdentity"), additional)
    return Record(
        eventID=text(detail.get("eventID")),
        requestID=text(detail.get("requestID")),
        eventTime=first_text(detail.get("eventTime"), envelope.get("time")),
        eventSource=first_text(detail.get("eventSource"), text(envelope.get("source")).removeprefix("aws.")),
        eventName=event_name,
        awsRegion=first_text(detail.get("awsRegion"), envelope.get("region")),
        sourceIPAddress=text(detail.get("sourceIPAddress")),
        userAgent=text(detail.get("userAgent")),
        errorCode=text(detail.get("errorCode")),
        errorMessage=text(detail.get("errorMessage")),
        requestParameters=detail.get("requestParameters"),
        responseElements=detail.get("responseElements"),
        serviceEventDetails=detail.get("serviceEventDetails"),
        resources=detail.get("resources"),
        addendum=mapping(detail.get("addendum")),
        account=first_text(detail.get("recipientAccountId"), envelope.get("account"), actor.accountId),
        actor=actor,
        mfa=identity.mfa(detail.get("userIdentity"), event_name, additional),
        outcome=_outcome(detail),
        from_console=is_true(detail.get("sessionCredentialFromConsole")),
    )


def _outcome(detail: Mapping[str, Any]) -> Outcome:
    """How the call ended. Sign-in events carry no error but state their result under their own name."""
    event_name = text(detail.get("eventName"))
    code = text(detail.get("errorCode"))
    stated = first_text(
        dig(detail.get("responseElements"), event_name), dig(detail.get("serviceEventDetails"), event_name)
    )
    if _DENIED.search(code):
        return Outcome.DENIED
    if code or text(detail.get("errorMessage")) or stated.lower() == "failure":
        return Outcome.FAILED
    if not event_name or (event_name in identity.SIGN_INS and stated.lower() != "success"):
        return Outcome.UNKNOWN
    return Outcome.SUCCEEDED
