"""What the documentation tells people to type, write and look up is there, and would be taken.

Commands are parsed by the programs that they call, without running them: what they do is tested where it is (the runs
of playbooks in tests/integration, their syntax by ansible-lint). Inventories and variables are checked as the role
checks them. Links, images and anchors are checked by `make site`.
"""

from __future__ import annotations

import functools
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import botocore.session
import pytest
import yaml
from ansible import constants
from ansible.cli.galaxy import GalaxyCLI
from ansible.cli.inventory import InventoryCLI
from ansible.cli.playbook import PlaybookCLI
from ansible.inventory.manager import InventoryManager
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.parsing.dataloader import DataLoader
from ansible.parsing.splitter import parse_kv
from ansible.plugins.doc_fragments import constructed, inventory_cache
from ansible.vars.manager import VariableManager
from botocore import xform_name

from ansible_collections.trailwatch.aws.plugins.inventory import organizations
from ansible_collections.trailwatch.aws.plugins.module_utils.organization.selection import read_criteria
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings_checks import (
    check_account_id,
    check_actions,
    check_trusted_accounts,
)
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.subscribers import check_subscribers
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.suppressions import check_suppressions
from scripts.variables_page import SPECS, page

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("roles/*/README.md"), *ROOT.glob(".github/*.md")]
)
ENTRY_POINTS: dict[str, Any] = yaml.safe_load(SPECS.read_text(encoding="utf-8"))["argument_specs"]
MAIN: dict[str, Any] = ENTRY_POINTS["main"]["options"]
# Inventories that the pages have readers write.
INVENTORIES = ("accounts.ini", "org.aws_accounts.yml")

# What is not checked, and why. A command is known by its first words.
NOT_CHECKED = {
    ".": "the shell's own, into an environment that make has set up",
    "cd": "the shell's own",
    "export": "the shell's own",
    "git clone": "asks GitHub",
    "git worktree add": "git's own, of a tag that is there after a release",
    "python scripts/record_release.py": "deploys as a whole; test_upgrade.py takes what it wrote",
    "python3 -m venv": "sets up an environment; make does it in the same way",
    ".venv-sandbox/bin/pip": "asks PyPI; make does it in the same way",
    ".venv-sandbox/bin/python -m sandbox": "the sandbox, whose commands tests/sandbox runs",
    "aws cloudformation deploy": "the AWS CLI's own, of which botocore knows nothing; cfn-lint checks the template",
}


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    page: Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks(page: Path) -> Iterator[Block]:
    fence = re.compile(r"( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
    text = page.read_text(encoding="utf-8")
    position = 0
    while found := re.compile(r"^ *```", re.MULTILINE).search(text, position):
        block = fence.match(text, found.start())
        assert block, f"{page}: a fence is not closed, or has something else behind its language"
        indent, language, body = block.groups()
        unindented = re.sub(rf"^{indent}", "", body, flags=re.MULTILINE)
        yield Block(page, text.count("\n", 0, block.start()) + 1, language, unindented)
        position = block.end()


BLOCKS = [block for each in PAGES for block in blocks(each)]


def in_language(*languages: str) -> Any:
    return pytest.mark.parametrize("block", [each for each in BLOCKS if each.language in languages], ids=str)


# --- commands --------------------------------------------------------------------------------------------------------


def commands(block: Block) -> Iterator[list[str]]:
    """The words of each command; in a console those behind a prompt, the rest is what it answers."""
    text = block.text.replace("\\\n", " ").replace("<root or OU>", "r-abcd")
    lines = text.splitlines()
    if block.language == "console":
        lines = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
    for line in lines:
        for part in re.split(r" && |; ", line):
            words = shlex.split(part, comments=True)
            while words and re.match(r"[A-Z_]+=", words[0]):
                words = words[1:]
            if words:
                yield words


def check_playbook(words: list[str]) -> None:
    parser = PlaybookCLI(words)
    parser.init_parser()
    options = parser.parser.parse_args(words[1:])
    for playbook in options.args:
        name = playbook.removeprefix("trailwatch.aws.").removeprefix("playbooks/").removesuffix(".yml")
        assert playbook in (f"trailwatch.aws.{name}", f"playbooks/{name}.yml")
        assert (ROOT / "playbooks" / f"{name}.yml").exists(), playbook
        check_extra_variables(name, options.extra_vars or ())
    for inventory in options.inventory or ():
        assert inventory in INVENTORIES


def check_extra_variables(playbook: str, given: tuple[str, ...]) -> None:
    options = ENTRY_POINTS.get(playbook, ENTRY_POINTS["main"])["options"]
    for text in given:
        variables = yaml.safe_load(text) if text.startswith("{") else parse_kv(text)
        assert variables.keys() <= known_variables()
        check_values({name: value for name, value in variables.items() if name in options}, options)


def check_inventory(words: list[str]) -> None:
    parser = InventoryCLI(words)
    parser.init_parser()
    assert set(parser.parser.parse_args(words[1:]).inventory) <= set(INVENTORIES)


def check_galaxy(words: list[str]) -> None:
    parser = GalaxyCLI(words)
    parser.init_parser()
    assert parser.parser.parse_args(words[1:]).args == ["trailwatch.aws"]


def check_make(words: list[str]) -> None:
    assert {word for word in words[1:] if "=" not in word} <= targets()


def check_pytest(words: list[str]) -> None:
    assert all((ROOT / word).exists() for word in words[1:])


def check_aws(words: list[str]) -> None:
    """The operation is one of the service's, and has each of the options."""
    service, command, *options = words[1:]
    model = service_model(service)
    (operation,) = [name for name in model.operation_names if xform_name(name, "-") == command]
    known = {f"--{xform_name(member, '-')}" for member in model.operation_model(operation).input_shape.members}
    assert {word for word in options if word.startswith("--")} <= known


CHECKS: Mapping[str, Callable[[list[str]], None]] = {
    "ansible-playbook": check_playbook,
    "ansible-inventory": check_inventory,
    "ansible-galaxy": check_galaxy,
    "make": check_make,
    "pytest": check_pytest,
    "aws": check_aws,
}


@functools.cache
def service_model(service: str) -> Any:
    return botocore.session.get_session().get_service_model(service)


@functools.cache
def targets() -> frozenset[str]:
    return frozenset(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


@functools.cache
def known_variables() -> frozenset[str]:
    """All that the role and the playbooks speak of: what they are given, and what they tell."""
    files = [*ROOT.glob("playbooks/**/*.yml"), *ROOT.glob("roles/**/*.yml")]
    words = (re.findall(r"\biam_alerting_[a-z_]+", file.read_text(encoding="utf-8")) for file in files)
    return frozenset(word for each in words for word in each)


@in_language("", "console")
def test_a_command_would_be_taken(block: Block) -> None:
    for words in commands(block):
        line = shlex.join(words)
        if not any(line == known or line.startswith(f"{known} ") for known in NOT_CHECKED):
            assert words[0] in CHECKS, f"{line}: label what is no command as text, or say in NOT_CHECKED why"
            CHECKS[words[0]](words)


def test_no_reason_is_left_for_a_command_that_is_gone() -> None:
    shown = [shlex.join(words) for block in BLOCKS if block.language in ("", "console") for words in commands(block)]
    for known in NOT_CHECKED:
        assert any(line == known or line.startswith(f"{known} ") for line in shown), known


# --- inventories and variables ---------------------------------------------------------------------------------------


def check_values(values: Mapping[str, Any], options: Mapping[str, Any] = MAIN) -> None:
    """As the role does, by its argument spec, and by what AWS could never accept."""
    spec = {name: {**option, "required": False} for name, option in options.items()}
    errors = ArgumentSpecValidator(spec).validate(dict(values)).error_messages
    assert not errors
    actions = check_actions(values.get("iam_alerting_actions", ["strict", "signin:ConsoleLogin"]))
    check_subscribers(values.get("iam_alerting_subscribers", []), actions)
    check_suppressions(values.get("iam_alerting_suppressions", []))
    trusted = values.get("iam_alerting_trusted_accounts", [])
    check_trusted_accounts([] if isinstance(trusted, str) else trusted)  # a template
    if "account_id" in values:
        check_account_id(values["account_id"])


def check_play(play: Mapping[str, Any]) -> None:
    for task in play["tasks"]:
        role = task["ansible.builtin.include_role"]
        assert role["name"] == "trailwatch.aws.iam_alerting"
        check_values(task.get("vars", {}))


def check_organization(options: Mapping[str, Any]) -> None:
    """An inventory by the plugin for organizations, or a part of one."""
    fragments = (constructed.ModuleDocFragment, inventory_cache.ModuleDocFragment)
    documented = [organizations.DOCUMENTATION, *(fragment.DOCUMENTATION for fragment in fragments)]
    assert options.keys() <= {name for each in documented for name in yaml.safe_load(each)["options"]}
    for option in ("include", "exclude"):
        read_criteria(option, options.get(option, []))
    assert {name for name in options.get("compose", {}) if name.startswith("iam_")} <= MAIN.keys()


@in_language("yaml")
def test_variables_in_yaml_would_be_taken(block: Block) -> None:
    found = yaml.safe_load(block.text)
    if isinstance(found, list):
        for play in found:
            check_play(play)
    elif found.keys() <= MAIN.keys():
        check_values(found)
    else:
        check_organization(found)


@in_language("ini")
def test_an_inventory_would_be_taken(block: Block, tmp_path: Path) -> None:
    sections = re.findall(r"^\[([\w:]+)\]", block.text, re.MULTILINE)
    if sections == ["inventory"]:
        check_configuration(block.text)
        return
    missing = {section.partition(":")[0] for section in sections if section.endswith(":vars")} - {*sections, "all"}
    file = tmp_path / "accounts.ini"
    file.write_text(block.text + "".join(f"\n[{group}]\nexample account_id=111111111111\n" for group in missing))
    loader = DataLoader()
    inventory = InventoryManager(loader=loader, sources=[str(file)])
    hosts = inventory.get_hosts()
    assert hosts
    for host in hosts:
        told = VariableManager(loader=loader, inventory=inventory).get_vars(host=host, include_hostvars=False)
        values = {name: value for name, value in told.items() if name == "account_id" or name.startswith("iam_")}
        assert values.keys() <= known_variables() | {"account_id"}
        check_values({name: value for name, value in values.items() if name in MAIN})


def check_configuration(text: str) -> None:
    """Part of an ansible.cfg: Ansible has each of its settings."""
    known = {
        (place["section"], place["key"])
        for setting in constants.config.get_configuration_definitions().values()
        for place in setting.get("ini", [])
    }
    for name in re.findall(r"^(\w+)\s*=", text, re.MULTILINE):
        assert ("inventory", name) in known


# --- what is named ---------------------------------------------------------------------------------------------------

NAMED = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


@NAMED
def test_a_target_of_make_that_is_named_is_there(page: Path) -> None:
    named = re.findall(r"`make ([a-z]+)", page.read_text(encoding="utf-8"))
    assert set(named) <= targets()


@NAMED
def test_a_variable_that_is_named_is_there(page: Path) -> None:
    named = re.findall(r"\biam_alerting_[a-z_]+", page.read_text(encoding="utf-8"))
    names = {name for name in named if not name.endswith("_")}
    assert names <= known_variables()


@NAMED
def test_a_playbook_or_plugin_that_is_named_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    there = {path.stem for folder in ("playbooks", "plugins/*", "roles") for path in ROOT.glob(f"{folder}/*")}
    assert set(re.findall(r"\btrailwatch\.aws\.([a-z_]+)", text)) <= there
    assert all((ROOT / path).exists() for path in re.findall(r"\bplaybooks/[a-z_/]+\.yml", text))


@pytest.mark.parametrize("language", sorted({block.language for block in BLOCKS}))
def test_a_block_has_a_language_of_which_is_known_what_to_check(language: str) -> None:
    # What a program prints or a query is text; JSON is checked by tests/integration/test_inventory.py and
    # test_deployer_policy.py, and the client that Python shows is that of tests/sandbox.
    assert language in ("", "console", "ini", "json", "python", "text", "yaml")


def test_the_page_of_variables_is_what_the_command_writes() -> None:
    assert (ROOT / "docs/variables.md").read_text(encoding="utf-8") == page(ENTRY_POINTS), "make variables"
