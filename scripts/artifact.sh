#!/bin/sh
# Make a release of a copy of the clone, look into its artifact, install that beside the ansible package, deploy with it
# from a folder that has nothing to do with the clone, and let Galaxy's own importer check it.
set -eu
root=$PWD
PATH=$root/.venv/bin:$PATH
export PATH
unset ANSIBLE_CONFIG
work=$root/.cache/artifact
rm -rf "$work"
mkdir -p "$work/elsewhere"

version=99.0.0
scripts/collection-tree.sh "$work/clone"
cd "$work/clone/ansible_collections/trailwatch/aws"
ln -s "$root/.venv" "$root/.venv-importer" .
git init --quiet
printf '/.venv\n/.venv-importer\n' > .git/info/exclude
echo 'trivial: [This is a test.]' > changelogs/fragments/artifact.yml
git config user.name Trailwatch
git config user.email trailwatch@localhost
git add --all
git commit --quiet --message 'All that is here'
scripts/release.sh $version
test "$(git describe)" = v$version
grep -q "v99" CHANGELOG.md
release=$PWD/build/release
cd "$release"
sha256sum --check SHA256SUMS
artifact=$release/trailwatch-aws-$version.tar.gz
for part in '"trailwatch.aws"' '"amazon.aws"' '"botocore"'; do
    grep -q "\"name\": $part" "trailwatch-aws-$version.cdx.json" || { echo "The bill of materials lacks $part." >&2; exit 1; }
done

echo 'What is in it:'
tar -tzf "$artifact" | sort | tee "$work/contents" | sed 's/^/  /'
for unwanted in constraints sandbox tests benchmarks soak scripts extensions accounts.ini Makefile; do
    if grep -q "^$unwanted" "$work/contents"; then
        echo "The artifact holds $unwanted, which no user needs: see build_ignore in galaxy.yml." >&2
        exit 1
    fi
done
for needed in files/lambda/handler.py files/deployer/role.yml docs/deployer-policy.md playbooks/deploy.yml playbooks/teardown.yml playbooks/preview.yml playbooks/status.yml playbooks/verify.yml \
    playbooks/redrive.yml playbooks/confirm.yml playbooks/options.yml playbooks/merge.yml playbooks/tasks/go_on.yml \
    plugins/modules/iam_event_rule.py plugins/inventory/organizations.py plugins/callback/progress.py files/report/page.html.j2 files/report/status.html.j2 files/report/run.html.j2 \
    roles/iam_alerting/tasks/main.yml meta/runtime.yml meta/execution-environment.yml requirements.txt bindep.txt \
    examples/github/deploy.yml examples/gitlab/.gitlab-ci.yml README.md CHANGELOG.md LICENSE; do
    grep -qx "$needed" "$work/contents" || { echo "The artifact lacks $needed." >&2; exit 1; }
done

echo 'Installed, and used from another folder, by a Python that has only what the collection says it needs:'
cp "$root/accounts.ini" "$work/elsewhere/accounts.ini"
cd "$work/elsewhere"
ANSIBLE_COLLECTIONS_PATH=$work/collections
export ANSIBLE_COLLECTIONS_PATH
ansible-galaxy collection install --collections-path "$work/collections" "$artifact"
# Galaxy, which cannot be asked here, would have put amazon.aws beside it.
cp -R "$release/source/ansible_collections/amazon/" "$work/collections/ansible_collections/amazon"
PYTHONPATH=$root python -m sandbox.run \
    --account 111111111111 --account 222222222222 --account 333333333333 -- \
    env "PATH=$release/image/bin:$PATH" \
    sh -c 'ansible-playbook trailwatch.aws.deploy -i accounts.ini --limit production &&
        ansible-playbook trailwatch.aws.teardown -i accounts.ini --limit production'
unset ANSIBLE_COLLECTIONS_PATH

echo "Galaxy's importer:"
cat > "$work/importer.cfg" <<'CFG'
[galaxy-importer]
RUN_ANSIBLE_TEST = False
RUN_ANSIBLE_DOC = True
RUN_ANSIBLE_LINT = False
CFG
cd "$work"
PATH=$root/.venv-importer/bin:$PATH GALAXY_IMPORTER_CONFIG=$work/importer.cfg \
    "$root/.venv-importer/bin/python" -m galaxy_importer.main "$artifact" 2>&1 | tee "$work/importer.log"
if grep -q -e 'ERROR' -e 'Traceback' -e 'WARNING' "$work/importer.log" || ! grep -q 'Importer processing completed successfully' "$work/importer.log"; then
    echo "Galaxy's importer has something to say about the artifact; see above." >&2
    exit 1
fi
