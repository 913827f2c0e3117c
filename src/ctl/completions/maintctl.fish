# fish completion of maintctl. Verbs come from its own help, ids from the manifests.

function __maintctl_verbs
    maintctl --help 2>/dev/null | string match -rg '^  ([a-z]+) '
end

function __maintctl_verb_is
    set -l words (commandline -opc)
    for verb in $argv
        contains -- $verb $words[2..-1]; and return 0
    end
    return 1
end

function __maintctl_targets
    maintctl --json status 2>/dev/null | string match -rg '^ *"target": "(.*)",?$' | sort -u
end

complete -c maintctl -f
complete -c maintctl -n "not __fish_seen_subcommand_from (__maintctl_verbs)" -a "(__maintctl_verbs)"
complete -c maintctl -n "__maintctl_verb_is show why status history start complete cancel extend update suspend resume" -a "(maintctl list 2>/dev/null)"
complete -c maintctl -n "__maintctl_verb_is adopt import" -a "(__maintctl_targets)"
complete -c maintctl -n "__maintctl_verb_is lint" -F
complete -c maintctl -l config -r -F -d configuration
complete -c maintctl -l manifests -r -a "(__fish_complete_directories)" -d "directory of manifests"
complete -c maintctl -l state -r -a "(__fish_complete_directories)" -d "state directory"
complete -c maintctl -l control -r -F -d "control socket"
complete -c maintctl -l json -d "one JSON document"
complete -c maintctl -l no-color -d "no colours"
complete -c maintctl -l no-pager -d "long outputs all at once"
complete -c maintctl -l help -d help
complete -c maintctl -l version -d version
complete -c maintctl -n "__maintctl_verb_is lint" -l strict -d "warnings fail, too"
complete -c maintctl -n "__maintctl_verb_is lint" -l format -x -a "text sarif github gitlab junit" -d "for other programs"
complete -c maintctl -n "__maintctl_verb_is adopt" -l all -d "every target, and this machine"
complete -c maintctl -n "__maintctl_verb_is history" -l limit -x -d "the newest lines"
complete -c maintctl -n "__maintctl_verb_is history" -l since -x -d "not before"
complete -c maintctl -n "__maintctl_verb_is history" -s f -l follow -d "what happens from now on"
complete -c maintctl -n "__maintctl_verb_is status history plan simulate timeline next calendar list" -s l -l label -x -d "of manifests with that label"
complete -c maintctl -n "__maintctl_verb_is plan" -l diff -d "field by field"
complete -c maintctl -n "__maintctl_verb_is plan" -l markdown -d "for a comment on a merge request"
complete -c maintctl -n "__maintctl_verb_is simulate" -l from -x -d "where it begins"
complete -c maintctl -n "__maintctl_verb_is simulate" -l to -x -d "where it ends"
complete -c maintctl -n "__maintctl_verb_is simulate" -l restart-at -x -d "maintd is restarted then, too"
complete -c maintctl -n "__maintctl_verb_is import" -l into -x -d "a folder in the directory of manifests"
complete -c maintctl -n "__maintctl_verb_is import" -l dry-run -d "write and take over nothing"
complete -c maintctl -n "__maintctl_verb_is timeline calendar" -l days -x -d "so many days ahead"
complete -c maintctl -n "__maintctl_verb_is timeline" -l svg -r -F -d "a picture instead"
complete -c maintctl -n "__maintctl_verb_is start complete cancel update" -s m -l message -x -d "what subscribers are told"
complete -c maintctl -n "__maintctl_verb_is new start complete cancel update extend" -l wait -d "until it is done at every target"
complete -c maintctl -n "__maintctl_verb_is new start complete cancel update extend" -l timeout -x -d "but no longer than that"
complete -c maintctl -n "__maintctl_verb_is new start complete cancel update extend suspend resume" -l commit -d "commit the file to git"
complete -c maintctl -n "__maintctl_verb_is extend" -l by -x -d "so much longer"
complete -c maintctl -n "__maintctl_verb_is extend new" -l end -x -d "until then"
complete -c maintctl -n "__maintctl_verb_is new" -l title -x -d "what people read first"
complete -c maintctl -n "__maintctl_verb_is new" -l start -x -d "when"
complete -c maintctl -n "__maintctl_verb_is new" -l duration -x -d "how long"
complete -c maintctl -n "__maintctl_verb_is new" -l timezone -x -d "of these times"
complete -c maintctl -n "__maintctl_verb_is new" -l services -x -d "what is touched"
complete -c maintctl -n "__maintctl_verb_is new" -l description -x -d "what users can and cannot do"
