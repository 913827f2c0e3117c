# bash completion of maintctl. Verbs and options come from its own help, ids from the manifests.

_maintctl_verbs() {
    maintctl --help 2>/dev/null | sed -n 's/^  \([a-z][a-z]*\) .*/\1/p'
}

_maintctl_options() {
    { maintctl --help; [ -z "$1" ] || maintctl "$1" --help; } 2>/dev/null | sed -n 's/^  \(-[a-z], \)\{0,1\}\(--[a-z-]*\).*/\2/p'
    echo --version
}

_maintctl_targets() {
    maintctl "$@" --json status 2>/dev/null | sed -n 's/^ *"target": "\(.*\)",\{0,1\}$/\1/p' | sort -u
}

# As if "--option=value" had been written in two words: readline makes three of it, or one where = breaks no words.
_maintctl() {
    local current=$2 previous verb='' word words=() given=() prefix=''
    local i
    for ((i = 0; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if [[ $i -gt 0 && $word == '=' && ${words[-1]} == --* ]]; then
            ((i < COMP_CWORD)) || words+=('')
        elif [[ $word == --*=* ]]; then
            words+=("${word%%=*}" "${word#*=}")
        else
            words+=("$word")
        fi
    done
    case $current in
        =) current='' ;;
        --*=*) prefix=${current%%=*}= current=${current#*=} ;;
    esac
    previous=${words[-2]}
    _maintctl_reply
    [ -z "$prefix" ] || COMPREPLY=("${COMPREPLY[@]/#/$prefix}")
}

# In the variables of _maintctl.
_maintctl_reply() {
    COMPREPLY=()
    for ((i = 1; i < ${#words[@]} - 1; i++)); do
        word=${words[i]}
        case $word in
            --config | --manifests | --state | --control)
                given+=("$word" "${words[i + 1]}")
                i=$((i + 1)) ;;
            --label | -l | --limit | --since | --days | --from | --to | --restart-at | --into | --message | -m | --by | --end | --timeout | --format | --svg | --title | --start | --duration | --services | --timezone | --description)
                i=$((i + 1)) ;;
            -*) ;;
            *) [ -n "$verb" ] || verb=$word ;;
        esac
    done
    case $previous in
        --config | --svg | --control) mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
        --manifests | --state) mapfile -t COMPREPLY < <(compgen -d -- "$current"); return ;;
        --format) mapfile -t COMPREPLY < <(compgen -W 'text sarif github gitlab junit' -- "$current"); return ;;
        --label | -l | --limit | --since | --days | --from | --to | --restart-at | --into | --message | -m | --by | --end | --timeout | --title | --start | --duration | --services | --timezone | --description) return ;;
    esac
    if [[ $current == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$(_maintctl_options "$verb")" -- "$current")
    elif [ -z "$verb" ]; then
        mapfile -t COMPREPLY < <(compgen -W "$(_maintctl_verbs)" -- "$current")
    else
        case $verb in
            show | why | status | history | start | complete | cancel | extend | update | suspend | resume)
                mapfile -t COMPREPLY < <(compgen -W "$(maintctl "${given[@]}" list 2>/dev/null)" -- "$current") ;;
            adopt | import) mapfile -t COMPREPLY < <(compgen -W "$(_maintctl_targets "${given[@]}")" -- "$current") ;;
            lint) mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
        esac
    fi
}

complete -F _maintctl maintctl
