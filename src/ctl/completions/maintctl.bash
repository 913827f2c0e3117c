# bash completion of maintctl. Verbs and options come from its own help, ids from the manifests.

_maintctl_verbs() {
    maintctl --help 2>/dev/null | sed -n 's/^  \([a-z][a-z]*\) .*/\1/p'
}

_maintctl_options() {
    { maintctl --help; [ -z "$1" ] || maintctl "$1" --help; } 2>/dev/null | sed -n 's/^  \(-[a-z], \)\{0,1\}\(--[a-z-]*\).*/\2/p'
    echo --version
}

_maintctl() {
    local current=$2 previous=$3 verb='' word given=()
    local i
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        case $word in
            --config | --manifests | --state | --control)
                given+=("$word" "${COMP_WORDS[i + 1]}")
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
            lint) mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
        esac
    fi
}

complete -F _maintctl maintctl
