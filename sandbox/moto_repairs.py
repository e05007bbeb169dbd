"""Where moto forgets what it was told, so that a second deploy would see a difference that AWS does not show."""

from __future__ import annotations

import json
import re
from typing import Any

from moto.awslambda.models import LambdaFunction
from moto.cloudtrail.models import CloudTrailBackend, Trail
from moto.cloudtrail.responses import CloudTrailResponse
from moto.iam import models as iam_models

# Settings of a function that moto drops, with what AWS answers when they are not set.
_FUNCTION_SETTINGS = {"DeadLetterConfig": None, "LoggingConfig": None, "TracingConfig": {"Mode": "PassThrough"}}


def install() -> None:
    """Repair moto's classes."""
    _remember_function_settings()
    _describe_named_trails()
    _delete_trail_by_arn()
    _account_ids_as_access_keys()
    _default_event_selectors()


def _remember_function_settings() -> None:
    create, describe, update = (
        LambdaFunction.__init__,
        LambdaFunction.get_configuration,
        LambdaFunction.update_configuration,
    )

    def keep(function: Any, given: dict[str, Any]) -> None:
        kept = function.__dict__.setdefault("sandbox_settings", {})
        kept |= {name: given[name] for name in _FUNCTION_SETTINGS if name in given}

    def created(self: Any, account_id: str, spec: dict[str, Any], *rest: Any, **named: Any) -> None:
        keep(self, spec)
        create(self, account_id, spec, *rest, **named)

    def described(self: Any, *rest: Any, **named: Any) -> dict[str, Any]:
        kept = self.__dict__.get("sandbox_settings", {})
        shown = {name: kept.get(name) or default for name, default in _FUNCTION_SETTINGS.items()}
        shown["LoggingConfig"] = {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{self.function_name}"} | (
            kept.get("LoggingConfig") or {}
        )
        if not (shown["DeadLetterConfig"] or {}).get("TargetArn"):
            del shown["DeadLetterConfig"]
        return describe(self, *rest, **named) | shown

    def updated(self: Any, given: dict[str, Any]) -> dict[str, Any]:
        keep(self, given)
        return update(self, given)

    LambdaFunction.__init__, LambdaFunction.get_configuration = created, described  # type: ignore[method-assign]
    LambdaFunction.update_configuration = updated  # type: ignore[method-assign,assignment]


def _describe_named_trails() -> None:
    def described(self: Any) -> str:
        names = self._get_param("trailNameList") or []
        trails = self.cloudtrail_backend.describe_trails(self._get_bool_param("includeShadowTrails", True))
        wanted = [trail for trail in trails if not names or {trail.trail_name, trail.arn} & set(names)]
        return json.dumps({"trailList": [trail.description(include_region=True) for trail in wanted]})

    CloudTrailResponse.describe_trails = described  # type: ignore[method-assign]


def _delete_trail_by_arn() -> None:
    delete = CloudTrailBackend.delete_trail

    def deleted(self: Any, name: str) -> None:
        delete(self, name.rpartition("/")[2])

    CloudTrailBackend.delete_trail = deleted  # type: ignore[method-assign]


def _account_ids_as_access_keys() -> None:
    """A 12-digit access key is that account's root, as in the sandbox; moto would take its default account."""
    look_up = iam_models.get_account_id_from

    def account_of(access_key: str) -> str:
        return access_key if re.fullmatch(r"\d{12}", access_key) else look_up(access_key)

    iam_models.get_account_id_from = account_of


def _default_event_selectors() -> None:
    """A trail nobody gave selectors logs all management events, and says so."""
    stored = Trail.get_event_selectors
    default = {
        "ReadWriteType": "All",
        "IncludeManagementEvents": True,
        "DataResources": [],
        "ExcludeManagementEventSources": [],
    }

    def selectors(self: Any) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        basic, advanced = stored(self)
        return (basic, advanced) if basic or advanced else ([default], [])

    Trail.get_event_selectors = selectors  # type: ignore[method-assign]
