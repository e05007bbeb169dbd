#!/bin/sh
# Mutation testing with mutmut of what decides most: event patterns, the comparison of a plan, the severity. Fails if a
# change of the code is noticed by no test and is not one of tests/mutants.txt. Arguments go to mutmut run.
set -eu
root=$PWD
PATH=$root/.venv/bin:$PATH
export PATH
tree=.cache/mutants
collection=src/ansible_collections/trailwatch/aws
utils=$collection/plugins/module_utils
tests=$collection/tests/unit
# mutmut knows a module by its path, so each lies at the path of its name: the function's at the top, as Lambda has it.
scripts/collection-tree.sh "$tree/src"
rm "$tree/src/ansible_collections/amazon"
mv "$tree/$collection/files/lambda/assess.py" "$tree/src/"
cat > "$tree/pyproject.toml" <<CFG
[tool.pytest.ini_options]
addopts = "--import-mode=importlib -p no:cacheprovider -p no:xdist -p no:cov"

[tool.mutmut]
source_paths = ["src"]
only_mutate = [
    "$utils/event_pattern.py",
    "$utils/actions.py",
    "$utils/aws.py",
    "$utils/stack/live.py",
    "$utils/stack/plan.py",
    "src/assess.py",
]
pytest_add_cli_args_test_selection = [
    "$tests/plugins/module_utils/test_patterns.py",
    "$tests/plugins/module_utils/test_actions.py",
    "$tests/plugins/module_utils/stack/test_plan.py",
    "$tests/plugins/module_utils/stack/test_difference.py",
    "$tests/plugins/module_utils/stack/test_forwarders.py",
    "$tests/plugins/action/test_stack_plan.py",
    "$tests/plugins/action/test_planned.py",
    "$tests/function/test_assess.py",
    "$tests/function/test_mails.py",
]
CFG
cd "$tree"
[ $# -gt 0 ] || set -- "*.event_pattern.*" "*.actions.*" "*.aws.*Change*" "*.live.*" "*.plan.*" "assess.*"
mutmut run "$@"
