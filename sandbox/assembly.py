"""The parts of the sandbox, put together. Imports ministack: only after ``server.prepare`` has set its environment."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ministack.app import app

from sandbox import (
    alarms,
    authorization,
    identity,
    log_patterns,
    organization,
    policies,
    query,
    regions,
    sns_delivery,
    stacks,
    strict,
    trails,
)
from sandbox.accounts import Accounts
from sandbox.admin import Admin
from sandbox.bus import Bus
from sandbox.delivery import API_CALL, Delivery
from sandbox.faults import Faults
from sandbox.journal import Journal
from sandbox.lambda_ import Functions
from sandbox.layer import Layer
from sandbox.logfiles import LogFiles
from sandbox.mailbox import Mailbox
from sandbox.mappings import Mappings
from sandbox.sns_mail import SnsMail
from sandbox.stack_sets import StackSets
from sandbox.targets import Targets
from sandbox.wire import Request


@dataclass(frozen=True)
class Sandbox:
    """What the server needs to run the sandbox and to stop it."""

    layer: Layer
    accounts: Accounts
    files: LogFiles
    functions: Functions
    mappings: Mappings


def assemble(loop: asyncio.AbstractEventLoop, endpoint: str, state: Path, management: str) -> Sandbox:
    """Build all parts and put the layer's in ministack's places."""
    functions = Functions(loop)
    bus = Bus(Targets(functions))
    files = LogFiles()
    mappings = Mappings(functions)
    mail = SnsMail(Mailbox(state / "mail"), endpoint)
    stack_sets = StackSets(management)
    for part in (functions, bus, mail, mappings, stack_sets):
        part.install()
    alarms.install()
    log_patterns.install()
    policies.install(management)
    query.install()
    regions.install()
    authorization.install(policies.CALL.get)
    sns_delivery.install()
    stacks.install()
    organization.install(management)
    trails.install()
    journal, faults = Journal(), Faults()
    strict.install(files.status, journal)
    delivery = Delivery(bus, files)
    accounts = Accounts(management, stack_sets.deploy_automatically)
    admin = Admin(journal, faults)
    _extend(admin, accounts, delivery, mail, bus)
    return Sandbox(Layer(app, admin, journal, faults, delivery, mail), accounts, files, functions, mappings)


def _extend(admin: Admin, accounts: Accounts, delivery: Delivery, mail: SnsMail, bus: Bus) -> None:
    async def add_accounts(_request: Request, body: dict[str, Any]) -> object:
        for account in body["accounts"]:
            await accounts.add(account, body.get("name", ""), bool(body.get("outside")))
        return accounts.members

    async def list_accounts(_request: Request, _body: dict[str, Any]) -> object:
        return accounts.members

    async def confirm(_request: Request, body: dict[str, Any]) -> object:
        return mail.confirm_all(body["address"])

    async def put_record(_request: Request, body: dict[str, Any]) -> object:
        return {"delivered": delivery.deliver(body["record"], body.get("detail_type", API_CALL))}

    async def decide(_request: Request, body: dict[str, Any]) -> object:
        return {"allowed": policies.decision(**body)}

    async def tick(_request: Request, body: dict[str, Any]) -> object:
        return {"fired": bus.tick(body["account"], body["region"], body["rule"])}

    async def secrets(_request: Request, _body: dict[str, Any]) -> object:
        return identity.secrets()

    admin.add("GET", "secrets", secrets)
    admin.add("POST", "decisions", decide)
    admin.add("POST", "accounts", add_accounts)
    admin.add("GET", "accounts", list_accounts)
    admin.add("POST", "confirm", confirm)
    admin.add("POST", "records", put_record)
    admin.add("POST", "ticks", tick)
