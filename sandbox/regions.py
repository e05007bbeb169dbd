"""Which regions an account has: AWS's own, those that have to be enabled left disabled, as in a new account."""

from __future__ import annotations

from typing import Any

from ministack.services import account

from sandbox.call import Call
from sandbox.errors import RefusedError

_states = {region: "DISABLED" for region in account._OPT_IN_REQUIRED}


def install() -> None:
    """Let ListRegions answer so."""
    account._DISPATCH["/listRegions"] = _list


def _list(payload: dict[str, Any]) -> Any:
    wanted = payload.get("RegionOptStatusContains") or []
    states = {region: _states.get(region, "ENABLED_BY_DEFAULT") for region in account._REGIONS_LIST}
    found = [
        {"RegionName": region, "RegionOptStatus": state}
        for region, state in states.items()
        if not wanted or state in wanted
    ]
    return account._json(200, {"Regions": found})


def check(call: Call) -> None:
    """Refuse a call in a region that is not enabled: there, nobody's credentials are known."""
    if call.region in _states:
        raise RefusedError("UnrecognizedClientException", "The security token included in the request is invalid.", 403)
