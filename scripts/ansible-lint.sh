#!/bin/sh
# ansible-lint, which skips the check of module arguments silently where it cannot find a module: that fails here.
set -eu
log=$(mktemp)
trap 'rm -f "$log"' EXIT
.venv/bin/ansible-lint "$@" 2>"$log" || { cat "$log" >&2; exit 1; }
cat "$log" >&2
if grep -q 'resolved_fqcn' "$log"; then
    echo 'ansible-lint could not resolve a module, so its arguments were not checked.' >&2
    exit 1
fi
