#!/bin/sh
# Types of what is ours: the plugins under their full names, then the function and the sandbox.
set -eu
MYPYPATH=.venv/collections .venv/bin/mypy --namespace-packages --explicit-package-bases \
    -p ansible_collections.trailwatch.aws.plugins.module_utils -p ansible_collections.trailwatch.aws.plugins.action \
    -p ansible_collections.trailwatch.aws.plugins.inventory -p ansible_collections.trailwatch.aws.plugins.plugin_utils
.venv/bin/mypy files/lambda
.venv/bin/mypy sandbox
