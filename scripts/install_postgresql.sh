#!/bin/sh
# PostgreSQL 15 for the tests of the shared state, from Debian's packages where this user may install them. Never fails:
# without it those tests are skipped, and this line says so. The tests start a server of their own; none is left running.
found() { [ -x /usr/lib/postgresql/15/bin/postgres ]; }
found && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing PostgreSQL 15 for the tests of the shared state ..."
    mkdir -p /etc/postgresql-common
    [ -e /etc/postgresql-common/createcluster.conf ] ||
        echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
    DEBIAN_FRONTEND=noninteractive timeout 600 sh -c \
        'apt-get -qq update && apt-get -qq install -y --no-install-recommends postgresql-15' \
        >/dev/null 2>&1 </dev/null
fi
found || echo "SKIPPED: no PostgreSQL 15 here and none could be installed; its tests will not run."
exit 0
