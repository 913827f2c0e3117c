# shellcheck shell=bash
# Runs inside the machine of test_clock.py: sets its clock and looks what maintd does. One line a check: "ok NAME" or "not ok NAME: why".
set -u
export LC_ALL=C.UTF-8 PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin SYSTEMD_COLORS=0
manifests=/etc/maintd/manifests

stamp() { date -u -d "$1" +%Y-%m-%dT%H:%M:%SZ; }
manifest() { printf 'title: %s\nstart: %s\nend: %s\nservices: [api]\n' "$1" "$(stamp "$2")" "$(stamp "$3")" >$manifests/"$1".yaml; }
books() { sqlite3 -readonly /var/lib/maintd-page/page.sqlite "$1"; }
state() { books "SELECT CASE state WHEN 0 THEN 'scheduled' WHEN 1 THEN 'in_progress' WHEN 2 THEN 'completed' ELSE 'cancelled' END FROM maintenance WHERE title = '$1'"; }
told() { books "SELECT group_concat(kind, ' ') FROM (SELECT kind FROM outbox o JOIN maintenance m ON m.seq = o.maintenance WHERE m.title = '$1' ORDER BY o.seq)"; }
said() { journalctl -q -u maintd -o cat --no-pager | grep -F -- "$1"; }

# eventually COMMAND…: asks until it succeeds; the monotonic clock is what no test here sets
eventually() {
    local now begun
    read -r begun _ </proc/uptime
    until "$@"; do
        read -r now _ </proc/uptime
        [ $((${now%.*} - ${begun%.*})) -lt 40 ] || return 1
        sleep 0.1
    done
}
is() { [ "$(state "$1")" = "$2" ]; }
approve() { maintctl approve "$(maintctl --no-color status | sed -n 's/.*`maintctl approve \([0-9a-f]*\)`.*/\1/p')"; }
says() { [ -n "$(said "$1")" ]; }
check() {
    local name=$1
    shift
    if "$@"; then echo "ok $name"; else echo "not ok $name: $*"; fi
}

systemd-sysusers && systemd-tmpfiles --create && systemctl daemon-reload
systemctl start maintd-page.socket
maintd-page service add api
maintd-page key add maintd --scope maintenance:write,services:read >/etc/maintd/kodo-token
chgrp maintd /etc/maintd/kodo-token
chmod 0640 /etc/maintd/kodo-token
manifest forward '+3 hours' '+4 hours'
manifest far '+30 hours' '+31 hours'
manifest asleep '+50 hours' '+51 hours'
systemctl start maintd
check "published" eventually is asleep scheduled

date -s '+3 hours 5 minutes' >/dev/null
check "a start that the clock was set past comes at once" eventually is forward in_progress

date -s '-40 minutes' >/dev/null
manifest after '+10 hours' '+11 hours'
systemctl reload maintd
check "it goes on with a clock set back by less than an hour" eventually is after scheduled
check "what has started stays started" is forward in_progress
check "nobody is told twice" test "$(told forward)" = "scheduled in_progress"

date -s '-3 hours' >/dev/null
check "a clock set back by hours is not believed" eventually says 'nothing is written until it is set'
manifest later '+20 hours' '+21 hours'
systemctl reload maintd
check "nothing is written meanwhile" test -z "$(state later)"
date -s '+3 hours' >/dev/null
check "set right, it is trusted" eventually says 'the clock is trusted again'
check "and what waited is written" eventually is later scheduled

date -s '+40 hours' >/dev/null
check "a step of more than a day is not believed" eventually says 'stepped forward by'
check "no start that it would bring" is far scheduled
check "a person can approve it" approve
check "then what is over is only told as ended" eventually is far completed
check "told once" test "$(told far)" = "scheduled completed"

# So near before the start that it comes in the sleep.
date -s "@$(($(date -u -d "$(sed -n 's/^start: //p' $manifests/asleep.yaml)" +%s) - 6))" >/dev/null
check "not before its time" is asleep scheduled
if rtcwake -m mem -s 12; then
    check "a start that came while the machine slept is made good on waking" eventually is asleep in_progress
    check "told once, after sleep" test "$(told asleep)" = "scheduled in_progress"
else
    echo "skip sleep: rtcwake does not work here"
fi
journalctl -q -u maintd -o short-iso --no-pager
