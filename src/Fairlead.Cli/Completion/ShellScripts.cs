namespace Fairlead.Cli.Completion;

/// <summary>
/// The scripts that hook fairlead into shells. Each asks the program itself, by the directive <c>[suggest:POSITION]</c>, which prints
/// one candidate a line; so they need no change when a verb or an option comes.
/// </summary>
static class ShellScripts
{
    public const string Bash = """
        # bash completion for fairlead
        _fairlead()
        {
            local IFS=$'\n'
            local line="${COMP_LINE:0:COMP_POINT}"
            case "$line" in *' -- '*) compopt -o default; COMPREPLY=(); return ;; esac
            COMPREPLY=($(compgen -W "$("${COMP_WORDS[0]}" "[suggest:${#line}]" "$line" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
        }
        complete -o default -F _fairlead fairlead

        """;

    public const string Zsh = """
        #compdef fairlead
        # zsh completion for fairlead
        _fairlead()
        {
            local line="${BUFFER[1,CURSOR]}"
            local -a candidates
            case "$line" in *' -- '*) _files; return ;; esac
            candidates=("${(@f)$("${words[1]}" "[suggest:${#line}]" "$line" 2>/dev/null)}")
            compadd -- $candidates
        }
        if [ "${funcstack[1]}" = "_fairlead" ]; then _fairlead "$@"; else compdef _fairlead fairlead; fi

        """;

    public const string Fish = """
        # fish completion for fairlead
        function __fairlead_candidates
            set -l line (commandline -cp)
            if string match -q '* -- *' -- $line
                return
            end
            fairlead "[suggest:"(string length -- $line)"]" $line 2>/dev/null
        end
        complete -c fairlead -f -a '(__fairlead_candidates)'

        """;
}
