using System.CommandLine;
using Fairlead.Cli.CommandLine;
using Fairlead.Cli.Completion;
using Fairlead.Cli.Usage;

namespace Fairlead.Cli.Verbs;

/// <summary><c>fairlead completion</c>: prints the script that completes command lines in a shell.</summary>
static class CompletionVerb
{
    public static Command Create(Invocation invocation)
    {
        VerbCommand verb = new("completion", "Print the script that completes fairlead's command lines in bash, zsh or fish.")
        {
            Usage = "(bash | zsh | fish)",
            Examples = """
                # For the shell that is running
                source <(fairlead completion bash)

                # For good
                fairlead completion zsh > "${fpath[1]}/_fairlead"
                fairlead completion fish > ~/.config/fish/completions/fairlead.fish
                """,
        };
        Argument<string[]> shell = new("SHELL") { Arity = ArgumentArity.ZeroOrMore };
        shell.CompletionSources.Add("bash", "zsh", "fish");
        verb.Add(shell);
        verb.SetAction(parsed => invocation.Output.Write(parsed.GetValue(shell) switch
        {
            ["bash"] => ShellScripts.Bash,
            ["zsh"] => ShellScripts.Zsh,
            ["fish"] => ShellScripts.Fish,
            _ => throw new UsageException("name one shell: bash, zsh or fish"),
        }));
        return verb;
    }
}
