#!/bin/sh
# The AWS CDK's program and its library for Node, for the heavy tests of exports, into the virtual environment's folder.
# Never fails: without them those tests are skipped, and this line says so.
cd "$(dirname "$0")/.." || exit 0
home=${CDK_HOME:-.venv/cdk}
locked=requirements/cdk
found() { [ -x "$home/node_modules/.bin/cdk" ] && cmp -s "$locked/package-lock.json" "$home/package-lock.json"; }
found && exit 0
if command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1; then
    echo "Installing the AWS CDK for the tests of exports (250 MB) ..."
    mkdir -p "$home" && cp "$locked/package.json" "$home/"
    cp "$locked/package-lock.json" "$home/package-lock.json"
    cache=$(mktemp -d)
    (cd "$home" && timeout 300 npm ci --ignore-scripts --no-audit --no-fund --cache "$cache") \
        >/dev/null 2>&1 </dev/null || rm -rf "$home/node_modules" "$home/package-lock.json"
    rm -rf "$cache"
fi
found || echo "SKIPPED: no AWS CDK here and none could be installed (it needs node and npm); its tests will not run."
exit 0
