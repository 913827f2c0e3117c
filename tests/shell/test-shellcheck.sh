#!/usr/bin/env bash
# Every shell script of the project passes shellcheck.
set -euo pipefail
cd "$1"
command -v shellcheck >/dev/null || { echo "shellcheck is not installed"; exit 77; }
mapfile -t scripts < <(grep -rlE '^(#!.*\b(ba)?sh\b|# shellcheck shell=)' .ci tests examples src systemd 2>/dev/null)
shellcheck -x --severity=warning "${scripts[@]}"
echo "${#scripts[@]} scripts"
