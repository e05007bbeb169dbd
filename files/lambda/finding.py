# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The alert for programs: a Detection Finding of the Open Cybersecurity Schema Framework (OCSF).

Every text from the event is capped and has its secrets masked, as in the mail.
"""

from __future__ import annotations

import re
from typing import Any

import origin
import redact
import when
from alert import Alert
from assess import Assessment, Severity
from identity import Actor
from record import Record
from untrusted import as_name, as_text, as_value

VERSION = "1.5.0"

DETECTION_FINDING = {
    "activity_id": 1,
    "activity_name": "Create",
    "category_uid": 2,
    "category_name": "Findings",
    "class_uid": 2004,
    "class_name": "Detection Finding",
    "type_uid": 200401,
    "type_name": "Detection Finding: Create",
    "status_id": 1,
    "status": "New",
    "is_alert": True,
}
_SEVERITIES = {Severity.LOW: 2, Severity.MEDIUM: 3, Severity.HIGH: 4, Severity.CRITICAL: 5}
_USER_TYPES = {"IAMUser": 1, "Root": 2, "AWSService": 3}
_OTHER_USER = 99
_AWS_ACCOUNT = {"type_id": 10, "type": "AWS Account"}
_ADDRESS = re.compile(r"[0-9.]+|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*")
_SHORT = 64
_NAME = 128
_ARN = 400
_TEXT = 500


def finding(alert: Alert, now: float) -> dict[str, Any]:
    """The finding, of at most some 64 KiB in UTF-8; `now` (seconds) is its time if the record's cannot be read."""
    record, assessment = alert.record, alert.assessment
    time = when.milliseconds(record.eventTime, now)
    return {
        **DETECTION_FINDING,
        **severity(assessment.severity),
        "time": time,
        "metadata": metadata(record.action, record.eventTime),
        "cloud": cloud(record.awsRegion, record.account, alert.account_name),
        "api": _api(record),
        "finding_info": _information(record, assessment, time),
        "remediation": {"desc": assessment.next or "Ask the actor what it was for."},
        "resources": [{"type": kind, "name": as_value(name, _ARN)} for kind, name in alert.targets],
        "evidences": [_evidence(alert)],
        **_if_any(comment=as_name(alert.verdict.note, _TEXT)),
    }


def severity(found: Severity) -> dict[str, Any]:
    """The severity in OCSF's terms."""
    return {"severity_id": _SEVERITIES[found], "severity": found.name.capitalize()}


def metadata(action: str, event_time: str) -> dict[str, Any]:
    """What made the finding, and from what."""
    return {
        "version": VERSION,
        "profiles": ["cloud"],
        "product": {"name": "Trailwatch", "vendor_name": "Trailwatch"},
        "event_code": as_value(action, _NAME),
        "log_name": "CloudTrail",
        "log_provider": "AWS",
        **_if_any(original_time=as_text(event_time, _SHORT)),
    }


def cloud(region: str, account: str, account_name: str) -> dict[str, Any]:
    """Where it happened."""
    return {"provider": "AWS", "region": as_value(region, _SHORT), "account": _account(account, account_name)}


def _account(account_id: str, name: str) -> dict[str, Any]:
    uid = as_value(account_id, _SHORT) or "unknown"
    return {"uid": uid, "name": as_value(name, _NAME) or uid, **_AWS_ACCOUNT}


def _api(record: Record) -> dict[str, Any]:
    source = as_value(record.eventSource, _NAME) or "unknown"
    answer = _if_any(error=as_value(record.errorCode, _NAME), error_message=as_text(record.errorMessage, _TEXT))
    return {
        "operation": as_value(record.eventName, _NAME) or "unknown",
        # The schema lets the version be left out, its models in Python do not.
        "service": {"name": source, "uid": as_value(record.service, _NAME) or "unknown", "version": ""},
        **_if_any(response=answer),
    }


def _information(record: Record, assessment: Assessment, time: int) -> dict[str, Any]:
    reason = (as_text(said, _TEXT) for said in (assessment.reason, assessment.lowered))
    return {
        "uid": as_value(record.eventID, _NAME) or "unknown",
        "title": f"{as_value(record.action, _NAME)} by {as_value(record.actor.name, _NAME) or 'unknown'}",
        "desc": " ".join(said for said in reason if said),
        "analytic": {"uid": assessment.rule, "name": assessment.rule, "type_id": 1, "type": "Rule"},
        "attacks": [_attack(technique) for technique in assessment.entry.techniques],
        "created_time": time,
        "data_sources": ["AWS CloudTrail"],
        **_if_any(src_url=origin.event_link(record)),
    }


def _attack(technique: str) -> dict[str, Any]:
    """The technique, such as `T1098.003 Additional Cloud Roles`, where it belongs in the matrix."""
    uid, _space, name = technique.partition(" ")
    parent, dot, _number = uid.partition(".")
    if not dot:
        return {"technique": {"uid": uid, "name": name}}
    return {"technique": {"uid": parent, "name": parent}, "sub_technique": {"uid": uid, "name": name}}


def _evidence(alert: Alert) -> dict[str, Any]:
    actor = alert.record.actor
    return {
        "actor": {"user": _user(actor), **_if_any(session=_session(actor))},
        "data": _data(alert),
        **_if_any(src_endpoint=_source(alert.record)),
    }


def _user(actor: Actor) -> dict[str, Any]:
    """Who acted; the name is the same from session to session."""
    kind = as_value(actor.type, _SHORT)
    return {
        "name": as_value(actor.group, _NAME) or "unknown",
        "type_id": _USER_TYPES.get(kind, _OTHER_USER if kind else 0),
        "type": kind or "Unknown",
        **_if_any(
            uid=as_value(actor.arn, _ARN),
            account=_account(actor.accountId, "") if actor.accountId else {},
            credential_uid=redact.shorten(as_value(actor.accessKeyId, _NAME)),
        ),
    }


def _session(actor: Actor) -> dict[str, Any]:
    """The session of a role, named by whoever assumed it."""
    if not actor.role or actor.name == actor.role:
        return {}
    name = as_value(actor.name.removeprefix(f"{actor.role}/"), _NAME)
    return _if_any(uid=name, issuer=as_value(actor.role, _NAME))


def _source(record: Record) -> dict[str, str]:
    address = as_value(record.sourceIPAddress, _NAME)
    return {"ip" if _ADDRESS.fullmatch(address) else "svc_name": address} if address else {}


def _data(alert: Alert) -> dict[str, Any]:
    """What has no place of its own in OCSF."""
    record = alert.record
    return {
        "outcome": record.outcome.value,
        **_if_any(
            mfa=record.mfa,
            tool=origin.tool(record),
            user_agent=as_text(record.userAgent, _NAME),
            policy=[as_text(said, _TEXT) for said in alert.assessment.grants],
            parameters=alert.parameters,
            details=alert.details,
        ),
    }


def _if_any(**values: Any) -> dict[str, Any]:
    """The values that are not empty."""
    return {name: value for name, value in values.items() if value}
