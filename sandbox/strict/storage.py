"""S3: bucket policies."""

from __future__ import annotations

import json
from typing import Any

from sandbox.call import Call
from sandbox.errors import RefusedError
from sandbox.records import Caller
from sandbox.strict import check
from sandbox.strict.documents import problem_of_policy


@check("s3", "PutBucketPolicy")
def _policy(call: Call, _caller: Caller) -> None:
    text, bucket = call.params.get("Policy", ""), call.params.get("Bucket", "")
    problem = problem_of_policy(text)
    if problem:
        raise RefusedError("MalformedPolicy", problem)
    own = f"arn:aws:s3:::{bucket}"
    for statement in _listed(json.loads(text)["Statement"]):
        for resource in _listed(statement.get("Resource", statement.get("NotResource"))):
            if resource not in ("*", own, f"{own}*") and not resource.startswith(f"{own}/"):
                raise RefusedError("MalformedPolicy", "Policy has invalid resource")


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
