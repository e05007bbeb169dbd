"""Policy documents: is this one that AWS would store?"""

from __future__ import annotations

import json
from typing import Any

_PAIRS = (("Principal", "NotPrincipal"), ("Action", "NotAction"), ("Resource", "NotResource"))
_KNOWN = {"Sid", "Effect", "Condition", *(name for pair in _PAIRS for name in pair)}


def problem_of_policy(text: str) -> str | None:
    """Why a resource policy is malformed; None if it is not."""
    return _problem(text, _PAIRS)


def problem_of_trust(text: str) -> str | None:
    """Why a trust policy is malformed; None if it is not. The role itself is its resource: it names none."""
    return _problem(text, _PAIRS[:2])


def _problem(text: str, pairs: tuple[tuple[str, str], ...]) -> str | None:
    try:
        document = json.loads(text)
    except ValueError:
        return "This policy contains invalid Json"
    if not isinstance(document, dict):
        return "Policy must be a JSON object"
    if document.get("Version", "2008-10-17") not in ("2008-10-17", "2012-10-17"):
        return "The policy must contain a valid version string"
    statements = document.get("Statement")
    statements = [statements] if isinstance(statements, dict) else statements
    if not isinstance(statements, list) or not statements:
        return "Missing required field Statement"
    return next(filter(None, (_problem_of_statement(statement, pairs) for statement in statements)), None)


def _problem_of_statement(statement: Any, pairs: tuple[tuple[str, str], ...]) -> str | None:
    if not isinstance(statement, dict):
        return "Statement must be an object"
    if statement.get("Effect") not in ("Allow", "Deny"):
        return "Invalid effect"
    for one, other in pairs:
        if (one in statement) == (other in statement):
            return f"Missing required field {one}"
    allowed = {"Sid", "Effect", "Condition", *(name for pair in pairs for name in pair)}
    unknown = sorted(set(statement) - allowed)
    word = "prohibited" if unknown and unknown[0] in _KNOWN else "unknown"
    return f"Has {word} field {unknown[0]}" if unknown else None
