#!/bin/sh
# Makes sure that Chromium and its driver are there, from Debian's packages where they are missing.
set -eu

if command -v chromium >/dev/null && command -v chromedriver >/dev/null; then
    exit 0
fi
if ! command -v apt-get >/dev/null; then
    echo "The browser tests need chromium and chromedriver on the PATH: install them, then run this again." >&2
    exit 1
fi
if [ "$(id -u)" -eq 0 ]; then
    as_root=""
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    as_root="sudo"
else
    echo "The browser tests need two packages: sudo apt-get install chromium chromium-driver" >&2
    exit 1
fi
export DEBIAN_FRONTEND=noninteractive
if ! { $as_root apt-get update --quiet --quiet && $as_root apt-get install --yes --quiet --quiet \
    --no-install-recommends chromium chromium-driver fonts-dejavu-core >/dev/null; }; then
    echo "Installing failed: the browser tests need the packages chromium and chromium-driver." >&2
    exit 1
fi
