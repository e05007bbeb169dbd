"""IAM trust policies, KMS key policies."""

from __future__ import annotations

from sandbox.call import Call
from sandbox.errors import RefusedError
from sandbox.records import Caller
from sandbox.strict import check
from sandbox.strict.documents import problem_of_policy, problem_of_trust


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
