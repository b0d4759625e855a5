#!/bin/sh
# Installs the real servers that suites start on loopback: named and Postfix. Without root or apt they are left out, and the suite says so.
set -eu
if command -v named > /dev/null 2>&1 && command -v postfix > /dev/null 2>&1; then
    exit 0
fi
if [ "$(id -u)" != 0 ] || ! command -v apt-get > /dev/null 2>&1; then
    printf 'setup: named and Postfix are not here, and without root and apt they cannot be installed\n' >&2
    exit 0
fi
install() {
    export DEBIAN_FRONTEND=noninteractive
    printf 'postfix postfix/main_mailer_type select No configuration\n' | debconf-set-selections
    # Nothing is to be started by their installation; the suites start their own.
    printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d && chmod +x /usr/sbin/policy-rc.d
    apt-get update -qq && apt-get install -qq -y --no-install-recommends bind9 postfix
    status=$?
    rm -f /usr/sbin/policy-rc.d
    return $status
}
printf 'setup: installing named and Postfix …\n' >&2
begun=$(date +%s); log=$(mktemp)
if install > "$log" 2>&1; then
    printf 'setup: installing named and Postfix: done in %s s\n' "$(($(date +%s) - begun))" >&2
else
    tail -n 5 "$log" >&2
    printf 'setup: named and Postfix could not be installed; their suite will be left out\n' >&2
fi
rm -f "$log"
