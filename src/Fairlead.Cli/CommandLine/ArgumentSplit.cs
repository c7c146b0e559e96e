namespace Fairlead.Cli.CommandLine;

/// <summary>
/// The arguments before the first <c>--</c>, which are ours, and those after it, which are the remote command, untouched.
/// </summary>
/// <param name="Own">Ours.</param>
/// <param name="Command">The remote command; null where there was no <c>--</c>.</param>
readonly record struct ArgumentSplit(IReadOnlyList<string> Own, IReadOnlyList<string>? Command)
{
    public static ArgumentSplit Of(IReadOnlyList<string> arguments)
    {
        for (int i = 0; i < arguments.Count; i++)
        {
            if (arguments[i] == "--") return new ArgumentSplit([.. arguments.Take(i)], [.. arguments.Skip(i + 1)]);
        }

        return new ArgumentSplit(arguments, null);
    }
}
