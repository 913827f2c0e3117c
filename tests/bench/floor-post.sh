#!/usr/bin/env bash
# Floor: how fast curl alone creates the same number of windows at the same page, 16 requests at a time.
# usage: floor-post.sh URL KEY-FILE COUNT WORKDIR     URL: the API's base, as in maintd.yaml
set -euo pipefail
url=$1 key=$(cat "$2") count=$3 work=$4

# The key goes into a configuration file that only we can read, so that it is in no argument list.
umask 077
config=$work/curl.conf
: >"$config"
for n in $(seq "$count"); do
    [ "$n" = 1 ] || echo next
    body=$(printf '{"title":"Maintenance %d","description":"The work in this window is done by one team.","status":"scheduled","scheduled_start":"2099-02-01T02:00:00Z","scheduled_end":"2099-02-01T04:00:00Z","service_ids":[],"external_id":"floor:%d"}' "$n" "$n")
    printf 'url = "%s/maintenance"\nheader = "X-API-Key: %s"\nheader = "Content-Type: application/json"\n' "$url" "$key"
    printf 'data-raw = "%s"\noutput = /dev/null\nwrite-out = "%%{http_code}\\n"\n' "${body//\"/\\\"}"
done >>"$config"

begun=$(date +%s.%N)
created=$(curl --silent --noproxy '*' --parallel --parallel-max 16 --config "$config" | grep -c '^201$' || true)
ended=$(date +%s.%N)
rm -f "$config"
echo "$created created in $(awk "BEGIN { printf \"%.3f\", $ended - $begun }") s"
[ "$created" = "$count" ]
