#!/usr/bin/env bash
# Floor: how fast curl alone sends the same creates to the same server, 16 requests at a time.
# usage: floor-post.sh URL KEY-FILE CREATES WORKDIR     URL: the API's base, as in maintd.yaml; CREATES: lines `Idempotency-Key TAB body`
set -euo pipefail
url=$1 key=$(cat "$2") creates=$3 work=$4

# The key goes into a configuration file that only we can read, so that it is in no argument list.
umask 077
config=$work/curl.conf
: >"$config"
first=1
while IFS=$'\t' read -r once body; do
    [ "$first" = 1 ] || echo next
    first=0
    body=${body//\\/\\\\}
    printf 'url = "%s/maintenance"\nheader = "X-API-Key: %s"\nheader = "Content-Type: application/json"\n' "$url" "$key"
    printf 'header = "Accept: application/json"\nheader = "Idempotency-Key: %s"\n' "$once"
    printf 'data-raw = "%s"\noutput = /dev/null\nwrite-out = "%%{http_code}\\n"\n' "${body//\"/\\\"}"
done <"$creates" >>"$config"

begun=$(date +%s.%N)
created=$(curl --silent --noproxy '*' --parallel --parallel-max 16 --config "$config" | grep -c '^201$' || true)
ended=$(date +%s.%N)
rm -f "$config"
echo "$created created in $(awk "BEGIN { printf \"%.3f\", $ended - $begun }") s"
[ "$created" = "$(wc -l <"$creates")" ]
