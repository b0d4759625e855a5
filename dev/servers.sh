#!/bin/sh
# Installs what suites start: named, Postfix, postgrey, Redis and RabbitMQ on loopback, and Chromium, by apt; Exim and OpenSMTPD, which apt would not
# have beside Postfix, unpacked under target/servers. Without root or apt they are left out, and the suites say so.
set -eu
cd "$(dirname "$0")/.."
unpacked=$PWD/target/servers
policy=/usr/sbin/policy-rc.d
is_ours=no log= packages=

is_there() {
    command -v named > /dev/null 2>&1 && command -v postfix > /dev/null 2>&1 && command -v redis-server > /dev/null 2>&1 &&
        command -v chromium > /dev/null 2>&1 && [ -x /usr/lib/rabbitmq/bin/rabbitmq-server ] &&
        [ -x /usr/sbin/postgrey ] && [ -x "$unpacked/usr/sbin/exim4" ] && [ -x "$unpacked/usr/sbin/smtpd" ]
}
if is_there; then
    exit 0
fi
if [ "$(id -u)" != 0 ] || ! command -v apt-get > /dev/null 2>&1; then
    printf 'setup: not every real server is here, and without root and apt they cannot be installed\n' >&2
    exit 0
fi

install() {
    export DEBIAN_FRONTEND=noninteractive
    printf 'postfix postfix/main_mailer_type select No configuration\n' | debconf-set-selections
    # Nothing is to be started by their installation; the suites start their own. A policy that is there is put aside, and back by clean_up.
    if [ -e "$policy" ] && ! [ -e "$policy.before-rcpt" ]; then
        mv "$policy" "$policy.before-rcpt" || return 1
    fi
    is_ours=yes
    printf '#!/bin/sh\nexit 101\n' > "$policy" && chmod +x "$policy" || return 1
    apt-get update -qq && apt-get install -qq -y --no-install-recommends bind9 postfix redis-server rabbitmq-server postgrey openssl \
        chromium fonts-liberation fonts-noto-cjk \
        libevent-2.1-7 libgnutls-dane0 libidn12 libnsl2 libdb5.3 libpcre2-8-0
    status=$?
    put_policy_back
    return $status
}

put_policy_back() {
    [ "$is_ours" = yes ] || return 0
    is_ours=no
    rm -f "$policy"
    ! [ -e "$policy.before-rcpt" ] || mv "$policy.before-rcpt" "$policy"
}

# Whatever ends this.
clean_up() {
    rm -rf "$log" "$packages"
    put_policy_back
}

unpack() {
    packages=$(mktemp -d)
    mkdir -p "$unpacked"
    (cd "$packages" && apt-get download -qq exim4-daemon-light opensmtpd) || return 1
    for package in "$packages"/*.deb; do
        dpkg-deb -x "$package" "$unpacked" || return 1
    done
    rm -rf "$packages"
    # Users that its package would have made; the daemon gives up root for them.
    for user in Debian-exim opensmtpd opensmtpq; do
        getent passwd "$user" > /dev/null || useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin "$user"
    done
}

# attempt WORDS COMMAND: runs the command quietly; where it fails, says so and goes on.
attempt() {
    printf 'setup: %s …\n' "$1" >&2
    begun=$(date +%s); log=$(mktemp)
    if "$2" > "$log" 2>&1; then
        printf 'setup: %s: done in %s s\n' "$1" "$(($(date +%s) - begun))" >&2
    else
        tail -n 5 "$log" >&2
        printf 'setup: %s: failed; their suites will be left out\n' "$1" >&2
    fi
    rm -f "$log"
}

trap clean_up EXIT
trap 'exit 130' HUP INT TERM
attempt "installing named, Postfix, postgrey, Redis, RabbitMQ and Chromium" install
attempt "unpacking Exim and OpenSMTPD" unpack
