#!/bin/sh
# Documentation of the plugins and the role, and the changelog fragments.
set -eu
scripts/collection-tree.sh .cache/docs
tree=$PWD/.cache/docs
bin=$PWD/.venv/bin
cd "$tree/ansible_collections/trailwatch/aws"
ANSIBLE_COLLECTIONS_PATH=$tree "$bin/antsibull-docs" lint-collection-docs --plugin-docs --validate-collection-refs=dependent .
ANSIBLE_COLLECTIONS_PATH=$tree "$bin/antsibull-changelog" lint
