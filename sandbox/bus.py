"""The EventBridge bus as AWS runs it: which rules fire, and forwarding between buses. ministack does the matching."""

from __future__ import annotations

import json
import logging
import time
import uuid
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import eventbridge

from sandbox import policies
from sandbox.targets import SERVICE, Targets

ALL_MANAGEMENT = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
_log = logging.getLogger("sandbox.bus")


class Bus:
    """Dispatches events to targets; lives on the event loop."""

    def __init__(self, targets: Targets) -> None:
        self._targets = targets

    def install(self) -> None:
        eventbridge._dispatch_event = self.dispatch
        # ministack's scheduler, a thread, calls targets without asking their policies. Here it is tick that fires.
        eventbridge.start_scheduler = lambda: None

    def tick(self, account: str, region: str, name: str) -> bool:
        """Fire an enabled rule with a schedule as if its time had come; answers whether there is one."""
        with request_scope(account, region):
            key = eventbridge._rule_key(name, "default")
            rule = eventbridge._rules.get(key)
            if rule is None or rule["State"] != "ENABLED" or not rule.get("ScheduleExpression"):
                return False
            event = _event(account, region, "aws.events", "Scheduled Event", "{}") | {"Resources": [rule["Arn"]]}
            view = eventbridge._pattern_event_view(event)
            for target in list(eventbridge._targets.get(key, [])):
                self._send(rule, target, event, view)
            return True

    def put_service_event(self, account: str, region: str, detail_type: str, detail: dict[str, Any]) -> None:
        """Put an event of an AWS service on the default bus of the account and region."""
        source = detail.get("eventSource", "aws.amazonaws.com").removesuffix(".amazonaws.com")
        with request_scope(account, region):
            eventbridge._ensure_default_bus()
            self.dispatch(_event(account, region, f"aws.{source}", detail_type, json.dumps(detail, default=str)))

    def dispatch(self, event: dict[str, Any], view: Any = None) -> None:
        """Every rule of the event's bus that matches sends to its targets. Runs in the bus's request scope."""
        view = view or eventbridge._pattern_event_view(event)
        path = set(event.get("_DispatchPath") or [])
        for key, rule in list(eventbridge._rules.items()):
            same_bus = rule.get("EventBusName", "default") == event.get("EventBusName", "default")
            if same_bus and key not in path and fires(rule, view):
                for target in list(eventbridge._targets.get(key, [])):
                    self._send(rule, target, event, view)

    def _send(self, rule: dict[str, Any], target: dict[str, Any], event: dict[str, Any], view: Any) -> None:
        try:
            if ":event-bus/" in target["Arn"]:
                self._forward(rule, target, event)
            else:
                self._targets.send(rule, target, event, view)
        except Exception:
            _log.exception("target %s of rule %s", target.get("Arn"), rule.get("Arn"))

    def _forward(self, rule: dict[str, Any], target: dict[str, Any], event: dict[str, Any]) -> None:
        """To another bus, of another account or region: not a second time, and only as both sides' policies allow."""
        account, region = target["Arn"].split(":")[4], target["Arn"].split(":")[3]
        name, role = target["Arn"].rpartition("/")[2], target.get("RoleArn", "")
        if event.get("_Forwarded"):
            return
        if role and not _may_forward(role, target["Arn"], rule["Arn"]):
            self._targets.dead_letter(rule, target, event, "NO_PERMISSIONS", f"{role} may not put events")
            return
        with request_scope(account, region):
            eventbridge._ensure_default_bus()
            policy = eventbridge._event_bus_policies.get(name)
            foreign = account != event["Account"]
            if name not in eventbridge._event_buses:
                self._targets.dead_letter(rule, target, event, "NO_RESOURCE", "event bus does not exist")
            elif foreign and not policies.account_allowed(_bus_policy(policy), role, "events:PutEvents", target["Arn"]):
                self._targets.dead_letter(rule, target, event, "NO_PERMISSIONS", "event bus policy")
            else:
                self.dispatch({**event, "EventBusName": name, "_Forwarded": True})


def _event(account: str, region: str, source: str, detail_type: str, detail: str) -> dict[str, Any]:
    return {
        "EventId": str(uuid.uuid4()),
        "Source": source,
        "DetailType": detail_type,
        "Detail": detail,
        "EventBusName": "default",
        "Time": int(time.time()),
        "Resources": [],
        "Account": account,
        "Region": region,
    }


def _bus_policy(policy: Any) -> dict[str, Any] | None:
    return json.loads(policy) if isinstance(policy, str) else policy


def _may_forward(role_arn: str, bus_arn: str, rule_arn: str) -> bool:
    role = policies.role_by_arn(role_arn)
    trusted = role is not None and policies.trusts(role, SERVICE, rule_arn)
    return trusted and policies.role_allowed(role_arn, "events:PutEvents", bus_arn)


def fires(rule: dict[str, Any], view: Any) -> bool:
    """Whether the rule's state and pattern take the event: read-only management events need the special state."""
    if not rule.get("EventPattern") or rule.get("State") not in ("ENABLED", ALL_MANAGEMENT):
        return False
    if rule["State"] == "ENABLED" and _is_read_only_management(view.event_with_detail()):
        return False
    return eventbridge._matches_pattern_view(rule["EventPattern"], view, f"rule {rule.get('Name')}")


def _is_read_only_management(event: dict[str, Any]) -> bool:
    detail = event.get("detail")
    if not str(event.get("detail-type", "")).endswith("via CloudTrail") or not isinstance(detail, dict):
        return False
    return bool(detail.get("readOnly") and detail.get("managementEvent"))
