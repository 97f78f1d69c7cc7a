#!/bin/sh
# Java for the Spark tests, from Debian's packages where this user may install them. Never fails: without Java those
# tests are skipped, and this line says so.
found() { command -v java >/dev/null 2>&1 || [ -x "${JAVA_HOME:-/nowhere}/bin/java" ]; }
found && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing Java for the Spark tests ..."
    DEBIAN_FRONTEND=noninteractive timeout 600 sh -c \
        'apt-get -qq update && apt-get -qq install -y --no-install-recommends openjdk-17-jre-headless' \
        >/dev/null 2>&1 </dev/null
fi
found || echo "SKIPPED: no Java here and none could be installed; the Spark tests will not run."
exit 0
