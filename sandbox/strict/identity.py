"""IAM trust policies, KMS key policies."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.sax.saxutils import escape

from ministack.services import sts

from sandbox import policies
from sandbox.call import Call
from sandbox.errors import RefusedError
from sandbox.records import Caller
from sandbox.strict import check, repair
from sandbox.strict.documents import problem_of_policy, problem_of_trust
from sandbox.wire import Response


@check("iam", "CreateRole", "UpdateAssumeRolePolicy")
def _trust(call: Call, _caller: Caller) -> None:
    problem = problem_of_trust(call.params.get("AssumeRolePolicyDocument") or call.params.get("PolicyDocument", ""))
    if problem:
        raise RefusedError("MalformedPolicyDocument", problem)


@check("kms", "CreateKey", "PutKeyPolicy")
def _key_policy(call: Call, _caller: Caller) -> None:
    text = call.params.get("Policy")
    if text and problem_of_policy(text):
        raise RefusedError("MalformedPolicyDocumentException", problem_of_policy(text) or "")


@repair("sts", "AssumeRole")
def _source_identity(call: Call, response: Response) -> None:
    """ministack forgets who is behind a session."""
    key = re.search(rb"AccessKeyId\W+(\w+)", response.body)
    if key and call.params.get("SourceIdentity"):
        sts._sessions[key[1].decode()]["SourceIdentity"] = call.params["SourceIdentity"]


@repair("iam", "SimulatePrincipalPolicy")
def _simulated(call: Call, response: Response) -> Response:
    """ministack looks at the first resource alone, at no context and at no boundary."""
    context = {
        entry["ContextKeyName"].lower(): entry.get("ContextKeyValues", [])
        for entry in call.params.get("ContextEntries") or []
    }
    results = "".join(
        _result(policies.simulated(call.params["PolicySourceArn"], action, resource, context), action, resource)
        for action in call.params["ActionNames"]
        for resource in call.params.get("ResourceArns") or ["*"]
    )
    body = (
        '<SimulatePrincipalPolicyResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">'
        f"<SimulatePrincipalPolicyResult><EvaluationResults>{results}</EvaluationResults><IsTruncated>false"
        "</IsTruncated></SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>"
    )
    return replace(response, body=body.encode())


def _result(simulation: policies.Simulation, action: str, resource: str) -> str:
    missing = "".join(f"<member>{escape(key)}</member>" for key in simulation.missing)
    return (
        f"<member><EvalActionName>{escape(action)}</EvalActionName><EvalResourceName>{escape(resource)}"
        f"</EvalResourceName><EvalDecision>{simulation.decision}</EvalDecision><MissingContextValues>{missing}"
        "</MissingContextValues></member>"
    )
