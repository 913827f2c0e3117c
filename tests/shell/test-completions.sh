#!/usr/bin/env bash
# What TAB offers, in three shells: verbs, options and ids, and no option that maintctl does not have.
set -euo pipefail
src=$1 build=$2
files=$src/src/ctl/completions
export PATH=$build/src/ctl:$PATH
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/m"
printf 'title: A\nstart: 2030-01-01T00:00Z\nduration: 1h\n' | tee "$work/m/db-move.yaml" >"$work/m/db-copy.yaml"
printf 'manifests: %s/m\ntargets: {}\n' "$work" >"$work/maintd.yaml"
cat >"$work/targets.yaml" <<END
manifests: $work/m
targets:
  public: {type: alertmanager, url: 'http://127.0.0.1:9', services: {}}
  other: {type: alertmanager, url: 'http://127.0.0.1:8', services: {}}
END
failed=0
fail() { echo "FAILED: $*"; failed=1; }

# bash: the last word is what TAB is pressed behind.
offer() {
    bash -c '. "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _maintctl maintctl "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
             printf "%s\n" "${COMPREPLY[@]}" | sort | tr "\n" " "' "$files/maintctl.bash" "$@"
}
expect() {
    local wanted=$1 got
    shift
    got=$(offer "$@")
    [ "$got" = "$wanted " ] || fail "bash: $* TAB offers '$got', not '$wanted'"
}
expect 'timeline' maintctl ti
expect '--by' maintctl extend --b
expect '--config --control' maintctl --con
expect 'db-copy db-move' maintctl --config "$work/maintd.yaml" show ''
expect 'db-move' maintctl --config "$work/maintd.yaml" extend db-m
expect 'sarif' maintctl lint --format s
expect '' maintctl extend x --by ''
# --option=value as readline splits it, and as one word where = breaks none.
expect 'db-copy db-move' maintctl --config = "$work/maintd.yaml" show ''
expect 'db-copy db-move' maintctl --config="$work/maintd.yaml" show ''
expect 'timeline' maintctl --config = "$work/maintd.yaml" ti
expect 'sarif' maintctl lint --format = s
expect 'github gitlab junit sarif text' maintctl lint --format =
expect '--format=sarif' maintctl lint --format=s
expect "$work/maintd.yaml" maintctl --config = "$work/maintd"
expect '' maintctl extend x --by = ''
expect 'other public' maintctl --config "$work/targets.yaml" --state "$work/state" import ''
expect 'public' maintctl --config = "$work/targets.yaml" --state = "$work/state" adopt p

# Every verb and option that fish and zsh name is one, and every verb is offered by all.
verbs=$(maintctl --help | sed -n 's/^  \([a-z][a-z]*\) .*/\1/p')
options=$(for verb in '' $verbs; do maintctl ${verb:+"$verb"} --help; done | grep -oE -- '--[a-z][a-z-]*' | sort -u)
for option in $(grep -oE -- "--[a-z][a-z-]*\[" "$files/_maintctl" | tr -d "[" | sort -u) $(sed -n 's/^complete.* -l \([a-z-]*\).*/--\1/p' "$files/maintctl.fish" | sort -u); do
    grep -qx -- "$option" <<<"$options" || fail "$option is no option of maintctl"
done
for option in $options; do
    grep -qF -- "$option" "$files/_maintctl" || fail "zsh does not know $option"
    grep -qE -- "-l ${option#--}( |\$)" "$files/maintctl.fish" || fail "fish does not know $option"
done

# zsh and fish for real, as far as they can be asked without a terminal.
zsh -n "$files/_maintctl" || fail 'zsh does not understand its file'
offered=$(cd "$work" && XDG_CONFIG_HOME=$work XDG_DATA_HOME=$work fish --no-config -c "source $files/maintctl.fish; complete -C 'maintctl ti'" | cut -f1)
[ "$offered" = timeline ] || fail "fish: ti TAB offers '$offered'"
offered=$(XDG_CONFIG_HOME=$work XDG_DATA_HOME=$work fish --no-config -c "source $files/maintctl.fish; complete -C 'maintctl extend --b'" | cut -f1)
[ "$offered" = --by ] || fail "fish: extend --b TAB offers '$offered'"
exit $failed
