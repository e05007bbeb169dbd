"""Resource Groups Tagging: trails, log groups and alarms, which ministack leaves out of GetResources."""

from __future__ import annotations

from collections.abc import Iterator

from ministack.services import cloudtrail, cloudwatch, cloudwatch_logs, tagging

Tagged = Iterator[tuple[str, list[dict[str, str]]]]


def _trails() -> Tagged:
    for arn, tags in cloudtrail._trail_tags.items():
        yield arn, tagging._normalise_flat(tags)


def _log_groups() -> Tagged:
    for group in cloudwatch_logs._log_groups.values():
        yield group["arn"].removesuffix(":*"), tagging._normalise_flat(group.get("tags", {}))


def _alarms() -> Tagged:
    for alarm in cloudwatch._alarms.values():
        yield alarm["AlarmArn"], tagging._normalise_flat(cloudwatch._resource_tags.get(alarm["AlarmArn"], {}))


tagging._COLLECTORS["cloudtrail"] = _trails
tagging._COLLECTORS["logs"] = _log_groups
tagging._COLLECTORS["cloudwatch"] = _alarms
