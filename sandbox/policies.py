"""May this principal do that? IAM questions the layer asks of ministack's evaluator, and repairs to its answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from ministack import app
from ministack.core import iam_evaluator as evaluator
from ministack.core.responses import request_scope
from ministack.services import iam, lambda_svc, organizations

from sandbox.call import Call
from sandbox.identity import role_named

# The call that is being decided on: condition keys of services are about its parameters.
CALL: ContextVar[Call | None] = ContextVar("CALL", default=None)


def install(management: str) -> None:
    """Repair ministack's condition keys; every later decision of its evaluator uses them.

    The organization is that of the account ``management``.
    """
    resolve = evaluator._resolve_condition_key
    pin_origin = app.pin_request_origin

    def resolve_as_aws(key: str, ctx: evaluator.EvalContext) -> Any:
        service = ctx.principal_type == "Service"
        answers = {
            # For a session AWS compares the role, not the session; a service principal has neither key.
            "aws:principalarn": None if service else role_of_session(ctx.principal_arn),
            "aws:principalaccount": None if service else ctx.principal_account,
            "aws:principalisawsservice": "true" if service else "false",
            "aws:viaawsservice": "false",
            "aws:principalorgid": None if service else _organization_of(ctx.principal_account, management),
            **(_keys_of_lambda(ctx) if key.lower().startswith("lambda:") else {}),
        }
        return answers[key.lower()] if key.lower() in answers else resolve(key, ctx)

    evaluator._resolve_condition_key = resolve_as_aws
    # The sandbox speaks HTTP where AWS speaks TLS: aws:SecureTransport must not turn false for that.
    app.pin_request_origin = lambda address, _secure: pin_origin(address, True)


def _organization_of(account: str, management: str) -> str | None:
    """The organization that the account is in; None if it is in none."""
    with request_scope(management, "us-east-1"):
        organizations._ensure_org()
        enrolled = account == management or account in organizations._accounts
        return str(organizations._orgs["self"]["Id"]) if enrolled else None


def _keys_of_lambda(ctx: evaluator.EvalContext) -> dict[str, str]:
    """The condition keys of a call to Lambda: whom it lets in, and the function of an event source mapping."""
    call = CALL.get()
    if call is None or call.service != "lambda":
        return {}
    if call.operation == "AddPermission":
        return {"lambda:principal": str(call.params.get("Principal", ""))}
    mapping = lambda_svc._esms.get(str(call.params.get("UUID", ""))) or call.params
    if "EventSourceMapping" not in call.operation or "FunctionName" not in mapping:
        return {}
    name = lambda_svc._resolve_name(str(mapping["FunctionName"]))
    return {"lambda:functionarn": f"arn:aws:lambda:{ctx.region}:{ctx.principal_account}:function:{name}"}


def role_of_session(arn: str) -> str:
    """The role's ARN (with its path) for an assumed-role session's ARN; any other ARN unchanged."""
    if ":assumed-role/" not in arn:
        return arn
    account, name = arn.split(":")[4], arn.split("/")[1]
    role = role_named(account, name) or {}
    return role.get("Arn", f"arn:aws:iam::{account}:role/{name}")


def role_by_arn(arn: str) -> dict[str, Any] | None:
    """The role's record, or None."""
    parts = arn.split(":")
    return role_named(parts[4], arn.rsplit("/", 1)[-1]) if len(parts) > 5 else None


def trusts(role: dict[str, Any], service: str, source_arn: str = "") -> bool:
    """Whether the role's trust policy lets the service assume it, on behalf of something in the role's own account."""
    document = role.get("AssumeRolePolicyDocument") or {}
    document = json.loads(document) if isinstance(document, str) else document
    keys = {"aws:sourceaccount": role["Arn"].split(":")[4], **({"aws:sourcearn": source_arn} if source_arn else {})}
    ctx = _context("Service", service, "", "sts:AssumeRole", "*", "us-east-1", keys)
    return evaluator.evaluate_resource_policy(_on_everything(document), ctx, service=service).decision == "Allow"


def _on_everything(document: dict[str, Any]) -> dict[str, Any]:
    """A trust policy has no Resource; the evaluator wants one."""
    statements = document.get("Statement", [])
    statements = [statements] if isinstance(statements, dict) else statements
    return {"Statement": [{**statement, "Resource": "*"} for statement in statements]}


def service_allowed(
    policy: str | dict[str, Any] | None,
    service: str,
    action: str,
    resource: str,
    source_arn: str,
    extra: dict[str, str] | None = None,
) -> bool:
    """Whether a resource's policy lets an AWS service act on it on behalf of ``source_arn``."""
    account, region = source_arn.split(":")[4], source_arn.split(":")[3]
    keys = {"aws:sourcearn": source_arn, "aws:sourceaccount": account} | (extra or {})
    ctx = _context("Service", "*", "", action, resource, region, keys)
    return bool(policy) and evaluator.evaluate_resource_policy(policy, ctx, service=service).decision == "Allow"


def service_may(policy: str | dict[str, Any], service: str, action: str, resource: str, keys: dict[str, str]) -> bool:
    """Whether a resource's policy lets an AWS service do it under these condition keys, and no others."""
    ctx = _context("Service", "*", "", action, resource, resource.split(":")[3], keys)
    return bool(evaluator.evaluate_resource_policy(policy, ctx, service=service).decision == "Allow")


def role_may(
    policy: str | dict[str, Any],
    role_arn: str,
    action: str,
    resource: str,
    keys: dict[str, str],
    identity_policies: list[dict[str, Any]] | None = None,
) -> bool:
    """Whether a role may, by a resource's policy and its own together; its own are looked up unless given."""
    account, name = role_arn.split(":")[4], role_arn.rsplit("/", 1)[-1]
    ctx = _context("AssumedRole", role_arn, account, action, resource, resource.split(":")[3], keys)
    limits = evaluator._permissions_boundary(iam._roles, name, account)
    own = (
        evaluator._gather_role_policies(name, account)
        if identity_policies is None
        else [evaluator.parse_policy_document(document) for document in identity_policies]
    )
    # A key's policy has to allow even what the account's own roles are allowed by theirs.
    _arn, _partition, service, _region, owner, _resource = resource.split(":", 5)
    by_own = evaluator.evaluate(ctx, own, *limits)
    whole = evaluator.combine_resource_policy(
        by_own, ctx, policy, owner or account, required=service == "kms", limits=limits
    )
    return bool(whole.decision == "Allow")


def decision(
    policy: dict[str, Any],
    action: str,
    resource: str,
    keys: dict[str, str],
    service: str = "",
    role: str = "",
    identity_policies: list[dict[str, Any]] | None = None,
) -> bool:
    """Whether a service, or a role with these policies of its own, may do it by a resource's policy."""
    lower = {name.lower(): value for name, value in keys.items()}
    if service:
        return service_may(policy, service, action, resource, lower)
    return role_may(policy, role, action, resource, lower, identity_policies or [])


def role_allowed(role_arn: str, action: str, resource: str, keys: dict[str, str] | None = None) -> bool:
    """Whether the role's own policies (and boundary) allow the action; resource policies are not asked."""
    account, name = role_arn.split(":")[4], role_arn.rsplit("/", 1)[-1]
    if role_named(account, name) is None:
        return False
    region = (resource.split(":") + [""] * 4)[3]
    ctx = _context("AssumedRole", role_arn, account, action, resource, region, keys or {})
    limits = evaluator._permissions_boundary(iam._roles, name, account)
    return evaluator.evaluate(ctx, evaluator._gather_role_policies(name, account), *limits).decision == "Allow"


def caller_allowed(access_key: str, account: str, action: str, resource: str, keys: dict[str, str]) -> bool:
    """Whether the identity behind an access key may do it, by its identity policies."""
    with request_scope(account, "us-east-1"):
        principal = evaluator.resolve_principal(access_key, account)
        if isinstance(principal, evaluator.AuthError):
            return False
        if principal.policies is None:
            return True
        ctx = _context(principal.type, principal.arn, account, action, resource, "us-east-1", keys)
        return evaluator.evaluate(ctx, principal.policies, *principal.limits).decision == "Allow"


@dataclass(frozen=True)
class Simulation:
    """What IAM's simulator says of one action on one resource, and which keys of conditions it was not told."""

    decision: str
    missing: list[str]


def simulated(source: str, action: str, resource: str, context: dict[str, list[str]]) -> Simulation:
    """The simulator's verdict on a user or role, by its own policies and boundary."""
    account, kind, name = source.split(":")[4], source.split(":")[5].partition("/")[0], source.rpartition("/")[2]
    gather, store = {
        "role": (evaluator._gather_role_policies, iam._roles),
        "user": (evaluator._gather_user_policies, iam._users),
    }[kind]
    found, limits = gather(name, account), evaluator._permissions_boundary(store, name, account)
    keys = {key: values[0] if len(values) == 1 else values for key, values in context.items()}
    ctx = _context("AssumedRole" if kind == "role" else "User", source, account, action, resource, "us-east-1", keys)
    asked = {
        key
        for layer in (found, *limits)
        for statements in layer
        for statement in statements
        for block in statement.conditions.values()
        for key in block
    }
    missing = sorted(key for key in asked if evaluator._resolve_condition_key(key, ctx) is None)
    decision = evaluator.evaluate(ctx, found, *limits).decision
    return Simulation({"Allow": "allowed", "Deny": "explicitDeny"}.get(decision, "implicitDeny"), missing)


def policy_denies_role(policy: str | dict[str, Any] | None, role_arn: str, action: str, resource: str) -> bool:
    """Whether a resource's policy has an explicit deny for the role."""
    ctx = _context("AssumedRole", role_arn, role_arn.split(":")[4], action, resource, "us-east-1", {})
    return bool(policy) and evaluator.evaluate_resource_policy(policy, ctx).decision == "Deny"


def account_allowed(policy: dict[str, Any] | None, role_arn: str, action: str, resource: str) -> bool:
    """Whether a resource's policy allows a role (of whatever account)."""
    account = role_arn.split(":")[4]
    ctx = _context("AssumedRole", role_arn, account, action, resource, "us-east-1", {})
    return bool(policy) and evaluator.evaluate_resource_policy(policy, ctx).decision == "Allow"


def _context(
    kind: str, arn: str, account: str, action: str, resource: str, region: str, keys: Mapping[str, str | list[str]]
) -> evaluator.EvalContext:
    return evaluator.EvalContext(
        principal_arn=arn,
        principal_type=kind,
        principal_account=account,
        action=action,
        resource_arn=resource,
        region=region,
        secure_transport=True,
        service_context=dict(keys),
    )
