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
# With a seed, examples out of hypothesis notice a mutant in each run or in none.
cat > "$tree/pyproject.toml" <<CFG
[tool.pytest.ini_options]
addopts = "--import-mode=importlib -p no:cacheprovider -p no:xdist -p no:cov --hypothesis-seed=0"

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
    "$tests/plugins/module_utils/stack/test_make_plan.py",
    "$tests/plugins/module_utils/stack/test_difference.py",
    "$tests/plugins/module_utils/stack/test_forwarders.py",
    "$tests/plugins/action/test_stack_plan.py",
    "$tests/plugins/action/test_planned.py",
    "$tests/function/test_assess.py",
    "$tests/function/test_attempts.py",
    "$tests/function/test_mails.py",
    "$tests/function/test_pipeline.py",
]
CFG
cd "$tree"
# Of the actions what makes the pattern, and not how a misspelt one is answered.
[ $# -gt 0 ] || set -- '*.event_pattern.*' '*.actions.*Action*' '*.actions.x_collapse*' '*.actions.x_is_read_only*' \
    '*.actions.x__action*' '*.actions.x__stands_for*' '*.aws.*Change*' '*.live.*' '*.plan.*' 'assess.*'
mutmut run "$@"

# A mutant's number says nothing; its function and the line that it puts there do. One that ran out of time is a loop
# without end, and so noticed: it has fifteen times as long as the tests take.
mutmut results | sed -n 's/^ *\(.*\): \(survived\|no tests\|suspicious\|segfault\)$/\1/p' | while read -r mutant; do
    echo "${mutant%__mutmut_*}: $(mutmut show "$mutant" | sed -n '/^+++/d; s/^+ *//p' | tr '\n' ' ')"
done | sed 's/ *$//' | sort -u > survivors
grep -v -e '^#' -e '^$' "$root/tests/mutants.txt" | sort -u > known
if ! diff -u known survivors > difference; then
    echo 'tests/mutants.txt (-) is not what no test has noticed (+):' >&2
    grep '^[-+][^-+]' difference >&2
    echo 'Write a test for what is new, or, if nobody could tell the difference, a line with the reason above it.' >&2
    exit 1
fi
