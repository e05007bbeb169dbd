"""The command line: ``python -m sandbox serve|moto|add-account|stop|mails|confirm|calls``."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from sandbox.client import Sandbox

DEFAULT_STATE = ".cache/sandbox"
MANAGEMENT = "999999999999"


def _serve(options: argparse.Namespace) -> None:
    from sandbox.server import serve

    serve(options.state, options.port, options.account, options.management_account)


def _moto(options: argparse.Namespace) -> None:
    from sandbox.moto_app import serve

    serve(options.state, options.port, options.management_account)


def _add_account(options: argparse.Namespace) -> None:
    Sandbox(options.state).add_accounts(*options.accounts)


def _stop(options: argparse.Namespace) -> None:
    Sandbox(options.state).stop()


def _mails(options: argparse.Namespace) -> None:
    for mail in Sandbox(options.state).mails(options.address, "*"):
        print("\n".join(f"{name}: {mail[name]}" for name in ("From", "To", "Subject")))
        print(f"\n{mail.get_content()}\n{'=' * 80}")


def _confirm(options: argparse.Namespace) -> None:
    for arn in Sandbox(options.state).confirm(options.address):
        print(arn)


def _calls(options: argparse.Namespace) -> None:
    for record in Sandbox(options.state).calls(options.account, writes=options.writes, by=None):
        print(json.dumps(record) if options.json else _line(record))


def _line(record: dict[str, str]) -> str:
    who = record["userIdentity"].get("arn", "")  # type: ignore[attr-defined]
    what = f"{record['eventSource'].partition('.')[0]}:{record['eventName']}"
    words = (record["eventTime"], record["recipientAccountId"], record["awsRegion"], what, who)
    return " ".join((*words, record.get("errorCode", "")))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sandbox", description="A local AWS, on 127.0.0.1 only.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: object, text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        added.add_argument("--state", type=Path, default=Path(DEFAULT_STATE), help="state folder (default %(default)s)")
        added.set_defaults(run=run)
        return added

    for name, run, text in (
        ("serve", _serve, "run the sandbox until stopped"),
        ("moto", _moto, "run moto in its place: the second opinion on idempotence"),
    ):
        server = command(name, run, text)
        server.add_argument("--port", type=int, default=0, help="0: any free port (default)")
        server.add_argument("--account", action="append", default=[], help="a member account; repeatable")
        server.add_argument("--management-account", default=MANAGEMENT, help="the caller (default %(default)s)")
    command("add-account", _add_account, "open member accounts").add_argument("accounts", nargs="+", metavar="ID")
    command("stop", _stop, "stop the server")
    command("mails", _mails, "print the mails as a reader sees them").add_argument("address", nargs="?")
    command("confirm", _confirm, "confirm all pending subscriptions of an address").add_argument("address")
    calls = command("calls", _calls, "print the API calls made")
    calls.add_argument("--account")
    calls.add_argument("--writes", action="store_true", help="only calls that change something")
    calls.add_argument("--json", action="store_true", help="whole CloudTrail records, one a line")
    return parser


def main() -> int:
    """Run one command."""
    options = _parser().parse_args()
    try:
        options.run(options)
    except FileNotFoundError:
        print(f"no sandbox runs with the state folder {options.state}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
