# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The alert for programs: a Detection Finding of the Open Cybersecurity Schema Framework (OCSF).

Every text in it is capped and has its secrets masked, as in the mail.
"""

from __future__ import annotations

from typing import Any

import origin
import parameters
import redact
import target
from assess import Assessment, Severity
from message import moment
from record import Record
from untrusted import as_text, as_value

VERSION = "1.5.0"

_SEVERITIES = {Severity.LOW: 2, Severity.MEDIUM: 3, Severity.HIGH: 4, Severity.CRITICAL: 5}
_AWS_ACCOUNT = {"type_id": 10, "type": "AWS Account"}
_NAME = 128
_ARN = 400
_TEXT = 500


def finding(record: Record, assessment: Assessment, account_name: str, now: float) -> dict[str, Any]:
    """The finding, of at most some 16 KiB; `now` (seconds) is its time if the record's cannot be read."""
    severity = assessment.severity
    aim = as_value(target.target(record), _ARN)
    time = _milliseconds(record, now)
    account = {
        "uid": as_value(record.account, 64),
        "name": account_name or as_value(record.account, 64),
        **_AWS_ACCOUNT,
    }
    return {
        "activity_id": 1,
        "activity_name": "Create",
        "category_uid": 2,
        "category_name": "Findings",
        "class_uid": 2004,
        "class_name": "Detection Finding",
        "type_uid": 200401,
        "type_name": "Detection Finding: Create",
        "severity_id": _SEVERITIES[severity],
        "severity": severity.name.capitalize(),
        "status_id": 1,
        "status": "New",
        "time": time,
        "metadata": {
            "version": VERSION,
            "profiles": ["cloud"],
            "product": {"name": "Trailwatch", "vendor_name": "Trailwatch"},
            "event_code": as_value(record.action, _NAME),
            "log_name": "CloudTrail",
            "original_time": as_text(record.eventTime, 64),
        },
        "cloud": {"provider": "AWS", "region": as_value(record.awsRegion, 40), "account": account},
        "api": _api(record),
        "finding_info": _information(record, assessment, time),
        "remediation": {"desc": assessment.next or "Ask the actor what it was for."},
        "resources": [{"name": aim}] if aim else [],
        "evidences": [{"actor": _actor(record), "src_endpoint": _source(record), "data": _data(record, assessment)}],
    }


def _milliseconds(record: Record, now: float) -> int:
    try:
        return int(moment(record.eventTime).timestamp() * 1000)
    except (ValueError, OverflowError, OSError):
        return int(now * 1000)


def _api(record: Record) -> dict[str, Any]:
    api: dict[str, Any] = {
        "operation": as_value(record.eventName, _NAME) or "unknown",
        "service": {"name": as_value(record.service, _NAME), "uid": as_value(record.eventSource, _NAME), "version": ""},
    }
    if record.errorCode or record.errorMessage:
        error, message = as_value(record.errorCode, _NAME), as_text(record.errorMessage, _TEXT)
        api["response"] = {"error": error, "error_message": message}
    return api


def _information(record: Record, assessment: Assessment, time: int) -> dict[str, Any]:
    link = origin.event_link(record)
    return {
        "uid": as_value(record.eventID, _NAME) or "unknown",
        "title": f"{as_value(record.action, _NAME)} by {as_value(record.actor.name, _NAME)}",
        "desc": as_text(assessment.reason, _TEXT),
        "analytic": {"uid": assessment.rule, "name": assessment.rule, "type_id": 1, "type": "Rule"},
        "attacks": [_attack(technique) for technique in assessment.entry.techniques],
        "created_time": time,
        "data_sources": ["AWS CloudTrail"],
        **({"src_url": link} if link else {}),
    }


def _attack(technique: str) -> dict[str, Any]:
    """The technique, such as `T1098.003 Additional Cloud Roles`, where it belongs in the matrix."""
    uid, _space, name = technique.partition(" ")
    if "." not in uid:
        return {"technique": {"uid": uid, "name": name}}
    return {"technique": {"uid": uid.split(".")[0], "name": ""}, "sub_technique": {"uid": uid, "name": name}}


def _actor(record: Record) -> dict[str, Any]:
    actor = record.actor
    return {
        "user": {
            "name": as_value(actor.name, _NAME),
            "uid": as_value(actor.arn, _ARN),
            "type": as_value(actor.type, 64),
            "type_id": 99,
            "account": {"uid": as_value(actor.accountId, 64), "name": "", **_AWS_ACCOUNT},
            "credential_uid": redact.shorten(as_value(actor.accessKeyId, _NAME)),
        }
    }


def _source(record: Record) -> dict[str, str]:
    address = as_value(record.sourceIPAddress, _NAME)
    is_address = ":" in address or (bool(address) and not address.replace(".", "").strip("0123456789"))
    return {"ip" if is_address else "svc_name": address}


def _data(record: Record, assessment: Assessment) -> dict[str, Any]:
    """What has no place of its own in OCSF."""
    return {
        "outcome": record.outcome.value,
        "mfa": record.mfa,
        "user_agent": as_text(record.userAgent, _NAME),
        "policy": [as_text(said, _TEXT) for said in assessment.grants],
        "parameters": parameters.lines(record.requestParameters),
    }
