# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The quantities that an account is billed for in a month: counted in its desired stack, or assumed here.

Rules, topics, queues, roles and log groups cost nothing by themselves, nor do events of AWS services.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils.stack.components import components_of, desired_stack
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import PRESENT, Settings
from scripts.costs.prices import Usage, together

HOURS = 730  # a month
DAYS = 365 / 12
GB = 2**30

# Lambda polls with five pollers where a maximum concurrency is set (Lambda Developer Guide, "Configuring scaling
# behavior for SQS event source mappings"), each for SQS's longest, 20 seconds. Measured in an account: 21,590 a day.
POLLERS, POLL_SECONDS = 5, 20
# A digest file for each region and hour (CloudTrail User Guide, "CloudTrail digest file structure"), in the regions
# that an account has from the beginning. The sizes are those of a small account in 2026, the source of QUIET.
REGIONS = 17
EVENT_BYTES, DIGEST_BYTES = 300, 800
# An alert mostly begins a new instance of the function, as it comes alone. With grouping it waits after each mail.
RUN_SECONDS, GROUPED_RUN_SECONDS = 1.0, 1.25
LOG_BYTES = 2000
# Of an event that is grouped, as if each came alone (docs/storms.md): it is claimed, entered, and done, and its window
# is read and deleted; event and reminder are sent, received and deleted.
GROUPED_WRITES, GROUPED_READS, GROUPED_REQUESTS, GROUPED_RUNS = 4, 1, 6, 2

# The components that are there, with their desired documents.
Stack = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Traffic:
    """What happens in an account in a month: its management events, the log files of them, the events that alert."""

    name: str
    events: int
    log_files: int
    alerts: int


# Of a small account in August 2026 (github.com/vppillai/chintan, docs/review-2026-09-03/cost-alarms-logs.md): 120,000
# events, 461 log files a day, each with few events. The alerts are assumed, as all of the other.
QUIET = Traffic("quiet", events=120_000, log_files=14_000, alerts=10)
BUSY = Traffic("busy", events=5_000_000, log_files=100_000, alerts=1_000)


def stack(settings: Settings) -> Stack:
    """The components of the account that are to be there."""
    documents = desired_stack(settings)
    return {
        name: documents[name] for name in components_of(settings) if documents[name].get("State", PRESENT) == PRESENT
    }


def standing(there: Stack) -> Usage:
    """What is billed though nothing happens."""
    polls = POLLERS * HOURS * 3600 // POLL_SECONDS if "event_source_mapping" in there else 0
    metrics = sum(map(_metrics, there["alarms"]["Alarms"])) if "alarms" in there else 0
    fixed = {"alarm_metric": metrics, "kms_key": int("key" in there), "sqs_request": polls}
    return together(fixed, _of_heartbeats(there))


def _metrics(alarm: Mapping[str, Any]) -> int:
    """The metrics that an alarm looks at; expressions over them are free."""
    return sum("MetricStat" in query for query in alarm["Metrics"]) if "Metrics" in alarm else 1


def _of_heartbeats(there: Stack) -> Usage:
    if "heartbeat_rule" not in there:
        return {}
    minutes = int(there["heartbeat_rule"]["ScheduleExpression"].strip("rate()").split()[0])
    number = HOURS * 60 // minutes
    requests = GROUPED_REQUESTS // 2 if "event_source_mapping" in there else 0
    return together({"custom_metric": 1, "sqs_request": number * requests}, _of_runs(there, number, RUN_SECONDS))


def of_log_files(there: Stack, traffic: Traffic, further_copy: bool) -> Usage:
    """What our own trail and its bucket cost, if they are there. Whatever is kept is billed as after some years."""
    if "trail" not in there:
        return {}
    digests = REGIONS * HOURS if there["trail"]["LogFileValidationEnabled"] else 0
    (rule,) = there["bucket"]["LifecycleRules"]
    # What expires is kept for a while as an earlier version.
    days = rule["Expiration"]["Days"] + rule["NoncurrentVersionExpiration"]["NoncurrentDays"]
    return {
        "s3_put": traffic.log_files + digests,
        "s3_stored_gb": (traffic.events * EVENT_BYTES + digests * DIGEST_BYTES) / GB * days / DAYS,
        "cloudtrail_further_event": traffic.events if further_copy else 0,
    }


def of_alerts(there: Stack, number: int) -> Usage:
    """What so many alerts cost the account that has the function. A member has none, it only sends their events."""
    if "function" not in there:
        return {"cross_account_event": number}
    mails = sum(each["protocol"] == "email" for each in there["topic"]["Subscriptions"])
    told = {"sns_publish": number, "sns_mail": number * mails}
    if "event_source_mapping" not in there:
        return together(told, _of_runs(there, number, RUN_SECONDS))
    grouped = {
        "dynamodb_write": number * GROUPED_WRITES,
        "dynamodb_read": number * GROUPED_READS,
        "sqs_request": number * GROUPED_REQUESTS,
        # There is a value only in the hours in which something was grouped.
        "custom_metric": min(1, number / HOURS),
    }
    return together(told, grouped, _of_runs(there, number * GROUPED_RUNS, GROUPED_RUN_SECONDS))


def _of_runs(there: Stack, number: int, seconds: float) -> Usage:
    """Runs of the function, and what they log."""
    logged = number * LOG_BYTES / GB
    return {
        "lambda_request": number,
        "lambda_gb_second": number * seconds * there["function"]["MemorySize"] / 1024,
        "log_ingested_gb": logged,
        "log_stored_gb": logged * there["log_group"]["retentionInDays"] / DAYS,
    }
