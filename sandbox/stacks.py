"""CloudFormation's stacks: ministack makes them, but takes names for its resources that others have already."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ministack.services import eventbridge, iam, sqs
from ministack.services.cloudformation.provisioners import _RESOURCE_HANDLERS as KINDS

Create = Callable[[str, dict[str, Any], str], Any]

# The property that names a resource of the kind, and whether there is one of that name.
_TAKEN: dict[str, tuple[str, Callable[[str], bool]]] = {
    "AWS::IAM::Role": ("RoleName", lambda name: name in iam._roles),
    "AWS::SQS::Queue": ("QueueName", lambda name: name in sqs._queue_name_to_url),
    "AWS::Events::Rule": ("Name", lambda name: eventbridge._rule_key(name, "default") in eventbridge._rules),
}


def install() -> None:
    """Let resources whose name is taken fail, as in AWS."""
    for kind, (naming, is_taken) in _TAKEN.items():
        KINDS[kind] = {**KINDS[kind], "create": _unless_taken(kind, naming, is_taken, KINDS[kind]["create"])}


def _unless_taken(kind: str, naming: str, is_taken: Callable[[str], bool], create: Create) -> Create:
    def created(logical_id: str, props: dict[str, Any], stack_name: str) -> Any:
        name = str(props.get(naming, ""))
        if name and is_taken(name):
            raise ValueError(f"Resource of type '{kind}' with identifier '{name}' already exists.")
        return create(logical_id, props, stack_name)

    return created
