#!/bin/sh
# Makes sure that the programs which tests drive are there, from Debian's packages where they are missing:
# Chromium and its driver, nginx and Caddy, PostgreSQL and PgBouncer, and what checks systemd's units.
set -eu

packages=""
command -v chromium >/dev/null && command -v chromedriver >/dev/null \
    || packages="chromium chromium-driver fonts-dejavu-core"
for proxy in nginx caddy pgbouncer; do
    # An ordinary user's PATH often lacks the folder that Debian installs some of them in.
    PATH="$PATH:/usr/sbin" command -v "$proxy" >/dev/null || packages="$packages $proxy"
done
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || packages="$packages postgresql"
command -v systemd-analyze >/dev/null || packages="$packages systemd"
if [ -z "$packages" ]; then
    exit 0
fi
if ! command -v apt-get >/dev/null; then
    echo "The tests need chromium, chromedriver, nginx, caddy, postgresql, pgbouncer and systemd-analyze: install them, then run this again." >&2
    exit 1
fi
if [ "$(id -u)" -eq 0 ]; then
    as_root=""
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    as_root="sudo"
else
    echo "The tests need these packages: sudo apt-get install $packages" >&2
    exit 1
fi
export DEBIAN_FRONTEND=noninteractive
# Debian makes and starts a cluster as soon as PostgreSQL is installed, unless this file says otherwise.
case " $packages " in
*" postgresql "*)
    test -e /etc/postgresql-common/createcluster.conf \
        || { $as_root mkdir -p /etc/postgresql-common \
            && echo "create_main_cluster = false" | $as_root tee /etc/postgresql-common/createcluster.conf >/dev/null; }
    ;;
esac
if ! { $as_root apt-get update --quiet --quiet && $as_root apt-get install --yes --quiet --quiet \
    --no-install-recommends -o Dpkg::Options::=--force-confold $packages >/dev/null; }; then
    echo "Installing failed: the tests need the packages $packages." >&2
    exit 1
fi
# Debian starts a server as soon as it is installed; the tests start their own.
if [ -d /run/systemd/system ]; then
    for proxy in nginx caddy pgbouncer; do
        case " $packages " in *" $proxy "*) $as_root systemctl disable --now --quiet "$proxy" ;; esac
    done
fi
