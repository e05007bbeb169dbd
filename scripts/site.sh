#!/bin/sh
# Builds the documentation as a site, in build/site, without asking the network; a warning, such as a link that leads
# nowhere, fails. With linkcheck, visits the links to other sites. Usage: site.sh [linkcheck]
set -eu
tree=$PWD/.cache/site/ansible_collections/trailwatch/aws
rm -rf .cache/site
scripts/collection-tree.sh .cache/site
export ANSIBLE_COLLECTIONS_PATH="$PWD/.cache/site"
mkdir "$tree/reference"
antsibull-docs collection --use-current --squash-hierarchy --fail-on-error --dest-dir "$tree/reference" trailwatch.aws
if [ "${1-html}" = linkcheck ]; then
    exec sphinx-build -b linkcheck -q -c scripts/site "$tree" .cache/linkcheck
fi
rm -rf build/site
sphinx-build -b html -q -W --keep-going -d .cache/site/doctrees -c scripts/site "$tree" build/site
cp build/site/README.html build/site/index.html # what servers show of a folder
echo "The site is build/site/index.html."
