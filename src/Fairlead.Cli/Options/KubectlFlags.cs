using System.CommandLine;
using System.Globalization;
using Fairlead.Cli.CommandLine;

namespace Fairlead.Cli.Options;

/// <summary>
/// kubectl's global flags that mean nothing here, as they are about its caches, its log and its profiles: taken, so that command lines and
/// scripts that were written for it work, and not shown in the help.
/// </summary>
static class KubectlFlags
{
    /// <summary>New ones, since an option belongs to one command.</summary>
    public static Option[] Create() =>
    [
        .. ((string[])["--cache-dir", "--kuberc", "--log-backtrace-at", "--log-dir", "--log-file", "--log-file-max-size",
            "--log-flush-frequency", "--profile", "--profile-output", "--stderrthreshold", "--vmodule"])
            .Select(static name => new OptionalText(name) { Hidden = true }),
        .. ((string[])["--add-dir-header", "--alsologtostderr", "--disable-compression", "--logtostderr", "--match-server-version",
            "--one-output", "--skip-headers", "--skip-log-headers", "--warnings-as-errors"])
            .Select(static name => new Option<bool>(name) { Hidden = true }),
    ];

    /// <summary>Says which of them were given; null where none was.</summary>
    public static string? Notice(ParseResult parsed, IEnumerable<Option> flags)
    {
        string[] given = [.. flags.Where(flag => parsed.GetResult(flag) is { Implicit: false }).Select(static flag => flag.Name)];
        return given.Length == 0 ? null : $"fairlead: kubectl's {string.Join(", ", given)} mean nothing here and are ignored";
    }

    /// <summary>
    /// kubectl's levels of its log, <c>-v=6</c>, <c>-v6</c>, <c>-v 6</c>, <c>--v=6</c> and <c>--v 6</c>, as what they are here: from 1 on
    /// more is said.
    /// </summary>
    /// <remarks>
    /// Behind a blank it may be no level but a word of its own, since our <c>-v</c> takes none: 0 to 10 are taken for kubectl's.
    /// </remarks>
    public static IReadOnlyList<string> WithoutLevels(IReadOnlyList<string> arguments)
    {
        List<string> kept = [];
        for (int i = 0; i < arguments.Count; i++)
        {
            string argument = arguments[i];
            string? level = argument is "-v" && IsLevel(arguments.ElementAtOrDefault(i + 1)) ? arguments[++i]
                : argument is "--v" ? arguments.ElementAtOrDefault(++i)
                : argument.StartsWith("--v=", StringComparison.Ordinal) ? argument[4..]
                : argument.StartsWith("-v=", StringComparison.Ordinal) ? argument[3..]
                : argument.StartsWith("-v", StringComparison.Ordinal) ? argument[2..]
                : null;
            if (!int.TryParse(level, CultureInfo.InvariantCulture, out int number) || level is not [>= '0' and <= '9', ..])
                kept.Add(argument);
            else if (number > 0) kept.Add("-v");
            if (argument is "--v" && level is not null && !int.TryParse(level, CultureInfo.InvariantCulture, out _)) kept.Add(level);
        }

        return kept;
    }

    static bool IsLevel(string? word) => word is [>= '0' and <= '9'] or "10";
}
