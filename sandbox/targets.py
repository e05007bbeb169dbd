"""Targets of EventBridge rules: delivery as the targets' own policies allow, dead letters for the rest."""

from __future__ import annotations

import json
from typing import Any

from ministack.services import eventbridge, lambda_svc, sns

from sandbox import keys, policies, queues
from sandbox.lambda_ import Functions

SERVICE = "events.amazonaws.com"


class Targets:
    """Sends matched events on. Everything runs in the rule's request scope, on the event loop."""

    def __init__(self, functions: Functions) -> None:
        self._functions = functions
        self._other = eventbridge._invoke_target

    def send(self, rule: dict[str, Any], target: dict[str, Any], event: dict[str, Any], view: Any) -> None:
        """Deliver, or send to the target's dead-letter queue, or lose, as AWS does."""
        service = target["Arn"].split(":")[2]
        senders = {"lambda": self._to_lambda, "sqs": _to_sqs, "sns": _to_sns}
        if service not in senders:
            self._other(target, event, rule, view)
            return
        problem = _out_of_scope(rule, target) or senders[service](rule, target, payload(target, rule, view))
        if problem:
            self.dead_letter(rule, target, event, *problem)

    def _to_lambda(self, rule: dict[str, Any], target: dict[str, Any], body: str) -> tuple[str, str] | None:
        function, config, _ = lambda_svc._get_func_record_for_ref(target["Arn"])
        if not function or not config:
            return "NO_RESOURCE", f"Function not found: {target['Arn']}"
        permitted = policies.service_allowed(
            function["policy"], SERVICE, "lambda:InvokeFunction", target["Arn"], rule["Arn"]
        )
        if not permitted:
            return "NO_PERMISSIONS", "Lambda does not allow the rule to invoke the function"
        self._functions.submit(lambda_svc._execution_record_for_config(function, config), json.loads(body))
        return None

    def dead_letter(
        self, rule: dict[str, Any], target: dict[str, Any], event: dict[str, Any], code: str, message: str
    ) -> None:
        """The event to the target's dead-letter queue, if it has one whose policy lets EventBridge send."""
        queue = (target.get("DeadLetterConfig") or {}).get("Arn")
        if not queue or not _queue_allows(queue, rule["Arn"]):
            return
        whole = eventbridge._pattern_event_view(event).event_with_detail()
        queues.put(
            queue,
            json.dumps(whole),
            {
                "RULE_ARN": rule["Arn"],
                "TARGET_ARN": target["Arn"],
                "ERROR_CODE": code,
                "ERROR_MESSAGE": message,
                "RETRY_ATTEMPTS": "0",
            },
        )


def _queue_allows(queue: str, rule_arn: str) -> bool:
    """By its policy, and by that of its key, for which nothing is documented but the account of the rule."""
    source = {"aws:sourceaccount": rule_arn.split(":")[4]}
    return policies.service_allowed(
        queues.policy_of(queue), SERVICE, "sqs:SendMessage", queue, rule_arn
    ) and keys.service_may(queues.key_of(queue), queue, SERVICE, source, keys.context("sqs", queue))


def _out_of_scope(rule: dict[str, Any], target: dict[str, Any]) -> tuple[str, str] | None:
    """A target of another region, and one of another account but a queue, are not modelled."""
    service, region, account = target["Arn"].split(":")[2:5]
    if [region, account] == rule["Arn"].split(":")[3:5] or _by_role(rule, target, service, region):
        return None
    return (
        "SDK_CLIENT_ERROR",
        "the sandbox delivers to other accounts' queues of the region, by a role, and to none else",
    )


def _by_role(rule: dict[str, Any], target: dict[str, Any], service: str, region: str) -> bool:
    return service == "sqs" and region == rule["Arn"].split(":")[3] and bool(target.get("RoleArn"))


def _role_sends(rule: dict[str, Any], target: dict[str, Any]) -> bool:
    """Whether EventBridge may assume the role for the rule, and the role may send to the queue, by both sides."""
    queue, role = target["Arn"], policies.role_by_arn(target["RoleArn"])
    if role is None or not policies.trusts(role, SERVICE, rule["Arn"]):
        return False
    by_both = policies.role_may(queues.policy_of(queue) or "", role["Arn"], "sqs:SendMessage", queue, {})
    return by_both and keys.role_may(queues.key_of(queue), queue, role["Arn"])


def _to_sqs(rule: dict[str, Any], target: dict[str, Any], body: str) -> tuple[str, str] | None:
    if queues.policy_of(target["Arn"]) is None:
        return "NO_RESOURCE", f"Queue not found: {target['Arn']}"
    may = _role_sends(rule, target) if target.get("RoleArn") else _queue_allows(target["Arn"], rule["Arn"])
    if not may:
        return "NO_PERMISSIONS", "the queue's policy, or its key's, or the role does not allow the rule to send"
    queues.put(target["Arn"], body, {})
    return None


def _to_sns(rule: dict[str, Any], target: dict[str, Any], body: str) -> tuple[str, str] | None:
    found = sns.topic_policy_for_arn(target["Arn"])
    if found is None:
        return "NO_RESOURCE", f"Topic not found: {target['Arn']}"
    # EventBridge publishes as a service principal with no SourceArn that a topic policy could test (user guide,
    # "Amazon SNS permissions": conditions are not supported for EventBridge), only the service can be named.
    if not policies.service_allowed(found[0], SERVICE, "sns:Publish", target["Arn"], rule["Arn"]):
        return "NO_PERMISSIONS", "the topic's policy does not allow EventBridge to publish"
    sns.publish_internal(target["Arn"], body)
    return None


def payload(target: dict[str, Any], rule: dict[str, Any], view: Any) -> str:
    """What the target gets: the event, or what its Input, InputPath or InputTransformer makes of it."""
    if target.get("InputTransformer"):
        return str(eventbridge._apply_input_transformer(target["InputTransformer"], rule, view))
    if target.get("Input"):
        return str(target["Input"])
    found = view.event_with_detail()
    for part in filter(None, (target.get("InputPath") or "$").strip("$.").split(".")):
        if not isinstance(found, dict) or part not in found:
            return json.dumps(view.event_with_detail())
        found = found[part]
    return json.dumps(found)
