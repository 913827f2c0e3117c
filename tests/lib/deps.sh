# shellcheck shell=bash
# Sourced by tests/run.sh and examples/quickstart.sh from the top of the source tree: the packages of tests/deps.

# deps_list SECTION…: the packages of these sections, one a line.
deps_list() {
    local section
    for section in "$@"; do
        sed -n "/^# \[$section\]\$/,/^# \[/ { s/#.*//; s/[[:space:]]//g; /./p }" tests/deps
    done
}

# deps_missing SECTION…: those that are not installed.
deps_missing() {
    local package
    for package in $(deps_list "$@"); do
        dpkg-query -W -f='${Status}\n' "$package" 2>/dev/null | grep -q 'ok installed' || echo "$package"
    done
}

# deps_ensure yes|no SECTION…: installs what is missing, or says how to.
deps_ensure() {
    local may_install=$1 missing as_root='' log
    shift
    missing=$(deps_missing "$@" | tr '\n' ' ')
    [ -n "$missing" ] || return 0
    if [ "$may_install" = no ]; then
        echo "missing packages: $missing" >&2
        echo "install them with: apt-get install --no-install-recommends $missing" >&2
        return 1
    fi
    if [ "$(id -u)" != 0 ]; then
        as_root='sudo -n'
        $as_root true 2>/dev/null || {
            echo "not root, and these packages are missing: $missing" >&2
            echo "run: sudo apt-get install --no-install-recommends $missing" >&2
            return 1
        }
    fi
    echo "== install $missing"
    log=$(mktemp)
    # RUNLEVEL=1 keeps packages from starting their own daemons (invoke-rc.d); a stale list is updated once.
    # shellcheck disable=SC2086
    if ! $as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -q --no-install-recommends $missing </dev/null >"$log" 2>&1; then
        if ! { $as_root apt-get update -q && $as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
               apt-get install -y -q --no-install-recommends $missing; } </dev/null >"$log" 2>&1; then
            tail -n 30 "$log" >&2
            rm -f "$log"
            return 1
        fi
    fi
    rm -f "$log"
}

# deps_npm yes|no DIR: has the packages of section [npm] in DIR/NAME, unpacked and nothing more. What cannot be had is said and
# does not fail, for tests can do without; an archive with another hash than the list's does.
deps_npm() {
    local may_install=$1 dir=$2 package hash name work archive
    while read -r package hash; do
        name=${package%@*}
        [ "$(cat "$dir/$name/.hash" 2>/dev/null)" != "$hash" ] || continue
        if [ "$may_install" = no ] || ! command -v npm >/dev/null; then
            echo "== $package is not there, and npm is not to be asked, or not installed"
            continue
        fi
        work=$(mktemp -d)
        echo "== fetch $package"
        if ! (cd "$work" && timeout 60 npm pack --silent --ignore-scripts --fetch-retries=1 "$package") </dev/null >"$work/log" 2>&1; then
            echo "npm does not have it: $(tail -n 1 "$work/log")"
            rm -r "$work"
            continue
        fi
        archive=$(echo "$work"/*.tgz)
        if [ "sha512-$(openssl dgst -sha512 -binary "$archive" | base64 -w0)" != "$hash" ]; then
            echo "$package is not the archive that tests/deps names" >&2
            rm -r "$work"
            return 1
        fi
        rm -rf "${dir:?}/$name"
        mkdir -p "$dir/$name"
        tar -xzf "$archive" -C "$dir/$name" --strip-components=1 --no-same-owner
        echo "$hash" >"$dir/$name/.hash"
        rm -r "$work"
    done < <(sed -n '/^# \[npm\]$/,/^# \[/ { /^#/d; s/[[:space:]]*#.*//; /./p }' tests/deps)
}
