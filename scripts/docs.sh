#!/bin/sh
# Documentation of the plugins and the role, and the changelog fragments.
set -eu
scripts/collection-tree.sh .cache/docs
tree=$PWD/.cache/docs
PATH=$PWD/.venv/bin:$PATH # antsibull-docs starts ansible-galaxy and ansible-doc
export PATH ANSIBLE_COLLECTIONS_PATH="$tree"
cd "$tree/ansible_collections/trailwatch/aws"
antsibull-docs lint-collection-docs --plugin-docs --validate-collection-refs=dependent .
antsibull-changelog lint
