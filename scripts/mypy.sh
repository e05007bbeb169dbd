#!/bin/sh
# Types of what is ours: the plugins under their full names, the function, and the Python around them.
set -eu
MYPYPATH=.venv/collections:.
export MYPYPATH
mypy() {
    .venv/bin/mypy --namespace-packages --explicit-package-bases "$@"
}
mypy -p ansible_collections.trailwatch.aws.plugins.module_utils -p ansible_collections.trailwatch.aws.plugins.action \
    -p ansible_collections.trailwatch.aws.plugins.inventory -p ansible_collections.trailwatch.aws.plugins.plugin_utils
.venv/bin/mypy files/lambda
mypy sandbox soak benchmarks scripts tests/integration
