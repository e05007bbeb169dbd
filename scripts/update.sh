#!/bin/sh
# Writes constraints/ anew: for each environment the newest versions of all that is installed there, whatever Python it
# has of those that are supported. The requirements say what is wanted and name their constraints, so pip heeds them.
set -eu
newest() {
    constraints=constraints/$1.txt
    shift
    # Without the constraints that are to be replaced, and each file once.
    grep -hv '^-' "$@" | .venv/bin/uv pip compile - --quiet --universal --upgrade --python-version 3.11 --no-annotate \
        --custom-compile-command 'make update' --output-file "$constraints"
}
mkdir -p constraints
newest checks requirements.txt requirements-run.txt requirements-test.txt requirements-pytest.txt requirements-mutants.txt
newest sandbox requirements-sandbox.txt
newest importer requirements.txt requirements-run.txt requirements-importer.txt
newest bench requirements-bench.txt
newest oldest requirements-oldest.txt requirements-pytest.txt
