#!/bin/sh
# Installs what the tests of the page drive: Debian's Chromium, and a font with Chinese letters for the screenshots.
#   install.sh STAMP    makes the file STAMP when both are there
# As root, or through sudo where that asks no password. Where neither works it says so and succeeds: the tests then skip.
set -u

stamp=${1:?usage: install.sh STAMP}
packages="chromium fonts-noto-cjk"

ready() {
    for name in chromium chromium-browser google-chrome; do
        command -v "$name" >/dev/null 2>&1 && return 0
    done
    return 1
}

drawn() {
    command -v fc-list >/dev/null 2>&1 || return 1
    [ -n "$(fc-list :lang=zh 2>/dev/null | head -n 1)" ]
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    else
        sudo -n "$@"
    fi
}

get() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 -o Acquire::Retries=2 \
        install --no-install-recommends $packages
}

if ! ready || ! drawn; then
    if ! command -v apt-get >/dev/null 2>&1; then
        echo "No apt-get here: install Chromium by hand to run the tests of the page (or set MEDRAG_CHROMIUM to one)."
        exit 0
    fi
    echo "Installing $packages for the tests of the page ..."
    log=$(mktemp)
    if ! get >"$log" 2>&1; then
        as_root apt-get -q update >>"$log" 2>&1 && get >>"$log" 2>&1
    fi
    if ! ready; then
        echo "Chromium could not be installed, so the tests of the page will skip:"
        tail -n 3 "$log"
        rm -f "$log"
        exit 0
    fi
    rm -f "$log"
fi
touch "$stamp"
