"""Which trails record an event; and the organization's trails, which its members see, too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import cloudtrail

from sandbox.call import Call
from sandbox.organization import ORGANIZATION

Handler = Callable[[dict[str, Any]], Any]
Item = tuple[str, str, dict[str, Any]]

# What administrators do to the trails of the organization, and where the call names the trail.
_NAMED_BY = {
    **dict.fromkeys(("CreateTrail", "UpdateTrail", "DeleteTrail", "StartLogging", "StopLogging"), "Name"),
    **dict.fromkeys(("PutEventSelectors", "GetEventSelectors"), "TrailName"),
    **dict.fromkeys(("AddTags", "RemoveTags"), "ResourceId"),
    "ListTags": "ResourceIdList",
}
# Services whose events IncludeGlobalServiceEvents=false leaves out.
GLOBAL_SERVICES = {"iam.amazonaws.com", "sts.amazonaws.com", "cloudfront.amazonaws.com"}


def install() -> None:
    """Let accounts see the trails of the organization, as AWS's members see their shadows: read-only, by ARN."""
    visible, find = cloudtrail._visible_trail_items, cloudtrail._find_visible_trail

    def visible_items(*, include_shadow_trails: bool = True) -> list[Item]:
        return [*visible(include_shadow_trails=include_shadow_trails), *(_shadows() if include_shadow_trails else [])]

    def find_visible(raw: str) -> tuple[str, str | None, dict[str, Any] | None]:
        shadow = next(((name, region, trail) for region, name, trail in _shadows() if trail["TrailARN"] == raw), None)
        return shadow or find(raw)

    cloudtrail._visible_trail_items = visible_items
    cloudtrail._find_visible_trail = find_visible
    cloudtrail._DISPATCH |= {name: _for_management(name, cloudtrail._DISPATCH[name]) for name in _NAMED_BY}


def _for_management(operation: str, handler: Handler) -> Handler:
    """A delegated administrator acts on what is, and stays, the management account's."""

    def handle(body: dict[str, Any]) -> Any:
        with request_scope(_owner(operation, body, get_account_id()) or get_account_id(), get_region()):
            return handler(body)

    return handle


def acting_for(call: Call, account: str) -> str:
    """The account whose trail a delegated administrator's call is about, if it is not its own."""
    return _owner(call.operation, call.params, account)


def _owner(operation: str, params: dict[str, Any], account: str) -> str:
    if account == ORGANIZATION.management or not ORGANIZATION.has_trails_of(account):
        return ""
    if operation == "CreateTrail":
        return ORGANIZATION.management if params.get("IsOrganizationTrail") else ""
    named = params.get(_NAMED_BY[operation])
    arn = named[0] if isinstance(named, list) else named
    return ORGANIZATION.management if arn in [trail["TrailARN"] for _region, _name, trail in _shadows()] else ""


def _shadows() -> Iterator[Item]:
    """The trails of the organization that are not this account's own and reach this region."""
    if not ORGANIZATION.has(get_account_id()):
        return
    for (owner, region, name), trail in list(cloudtrail._trails.all_items()):
        is_others = owner != get_account_id() and trail.get("IsOrganizationTrail")
        if is_others and (trail["IsMultiRegionTrail"] or region == get_region()):
            yield region, name, trail


def covering(account: str, record: dict[str, Any]) -> list[dict[str, Any]]:
    """The trails of the account and of its organization that log this management event."""
    if not record.get("managementEvent"):
        return []
    found = []
    for (owner, _region, name), trail in list(cloudtrail._trails.all_items()):
        is_of = owner == account or (trail.get("IsOrganizationTrail") and ORGANIZATION.has(account))
        if is_of and trail.get("IsLogging") and _reaches(trail, record):
            selectors = cloudtrail._event_selectors.get_scoped(owner, trail["HomeRegion"], name, None)
            if _selected(selectors or cloudtrail._DEFAULT_EVENT_SELECTORS, record):
                found.append(trail)
    return found


def _reaches(trail: dict[str, Any], record: dict[str, Any]) -> bool:
    in_region = trail.get("IsMultiRegionTrail") or trail["HomeRegion"] == record["awsRegion"]
    is_global = record["eventSource"] in GLOBAL_SERVICES
    return bool(in_region) and (trail.get("IncludeGlobalServiceEvents", True) or not is_global)


def _selected(selectors: list[dict[str, Any]], record: dict[str, Any]) -> bool:
    if "FieldSelectors" in selectors[0]:
        return any(all(_field_holds(field, record) for field in one["FieldSelectors"]) for one in selectors)
    return any(_basic(selector, record) for selector in selectors)


def _basic(selector: dict[str, Any], record: dict[str, Any]) -> bool:
    wanted = selector.get("ReadWriteType", "All")
    return (
        selector.get("IncludeManagementEvents", True)
        and wanted in ("All", "ReadOnly" if record["readOnly"] else "WriteOnly")
        and record["eventSource"] not in selector.get("ExcludeManagementEventSources", [])
    )


def _field_holds(field: dict[str, Any], record: dict[str, Any]) -> bool:
    value = str(record.get(field["Field"], ""))
    if field["Field"] == "readOnly":
        value = value.lower()
    tests: dict[str, Callable[[list[str]], bool]] = {
        "Equals": lambda wanted: value in wanted,
        "StartsWith": lambda wanted: value.startswith(tuple(wanted)),
        "EndsWith": lambda wanted: value.endswith(tuple(wanted)),
        "NotEquals": lambda wanted: value not in wanted,
        "NotStartsWith": lambda wanted: not value.startswith(tuple(wanted)),
        "NotEndsWith": lambda wanted: not value.endswith(tuple(wanted)),
    }
    return all(test(field[name]) for name, test in tests.items() if field.get(name))
