"""Which trails record an event; and the organization's trails, which its members see, too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import cloudtrail

Item = tuple[str, str, dict[str, Any]]

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


def _shadows() -> Iterator[Item]:
    """The trails of the organization that are not this account's own and reach this region."""
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
        is_of = owner == account or trail.get("IsOrganizationTrail")
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
    tests = {
        "Equals": lambda wanted: value in wanted,
        "StartsWith": lambda wanted: value.startswith(tuple(wanted)),
        "EndsWith": lambda wanted: value.endswith(tuple(wanted)),
        "NotEquals": lambda wanted: value not in wanted,
        "NotStartsWith": lambda wanted: not value.startswith(tuple(wanted)),
        "NotEndsWith": lambda wanted: not value.endswith(tuple(wanted)),
    }
    return all(test(field[name]) for name, test in tests.items() if field.get(name))
