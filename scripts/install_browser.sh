#!/bin/sh
# Chromium for the browser tests, from Debian's packages where this user may install them. Never fails: without a
# browser those tests are skipped, and this line says so.
found() { command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1; }
found && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing Chromium for the browser tests ..."
    DEBIAN_FRONTEND=noninteractive timeout 600 sh -c \
        'apt-get -qq update && apt-get -qq install -y --no-install-recommends chromium fonts-dejavu-core' \
        >/dev/null 2>&1 </dev/null
fi
found || echo "SKIPPED: no Chromium here and none could be installed; the browser tests will not run."
exit 0
