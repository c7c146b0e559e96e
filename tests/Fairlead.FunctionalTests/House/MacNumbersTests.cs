using System.Globalization;
using System.Text.RegularExpressions;
using Fairlead.Testing;

namespace Fairlead.FunctionalTests.House;

/// <summary>
/// The terminal, signals and files of macOS are the code that the tests run on Linux, with other numbers. Nothing here runs on macOS: so the
/// numbers are held to its headers (XNU's <c>bsd/sys</c>), and the code is held to differ in nothing else.
/// </summary>
public sealed partial class MacNumbersTests
{
    /// <summary>By file and name: what macOS' headers say.</summary>
    static readonly Dictionary<string, long> s_headers = new(StringComparer.Ordinal)
    {
        ["Cli/Native/LibC.cs TryAgain"] = 35, // sys/errno.h: EAGAIN
        ["Cli/Native/LibC.cs AppendFlags"] = 0x1 | 0x8 | 0x4 | 0x1000000, // sys/fcntl.h: O_WRONLY, O_APPEND, O_NONBLOCK, O_CLOEXEC
        ["Cli/Native/LibC.cs FlowOn"] = 2, // sys/termios.h: TCOON
        ["Cli/Native/SignalActions.cs Stop"] = 18, // sys/signal.h: SIGTSTP
        ["Cli/Native/SignalActions.cs Mask"] = 1, // sys/signal.h: SIG_BLOCK
        ["Cli/Native/SignalActions.cs Mask 2"] = 3, // sys/signal.h: SIG_SETMASK
        ["Files/Native/LibC.cs O_CREAT"] = 0x200, // sys/fcntl.h, as all of these
        ["Files/Native/LibC.cs O_TRUNC"] = 0x400,
        ["Files/Native/LibC.cs O_NONBLOCK"] = 0x4,
        ["Files/Native/LibC.cs O_CLOEXEC"] = 0x1000000,
        ["Files/Native/LibC.cs O_DIRECTORY"] = 0x100000,
        ["Files/Native/LibC.cs O_NOFOLLOW"] = 0x100,
        ["Files/Native/LibC.cs AT_FDCWD"] = -2,
        ["Files/Native/LibC.cs AT_SYMLINK_NOFOLLOW"] = 0x20,
        ["Files/Native/LibC.cs AT_REMOVEDIR"] = 0x80,
        ["Files/Native/LibC.cs ENAMETOOLONG"] = 63, // sys/errno.h, as the next two
        ["Files/Native/LibC.cs ELOOP"] = 62,
        ["Files/Native/LibC.cs EILSEQ"] = 92,
        ["Files/Native/LibC.cs NameOffset"] = 21, // sys/dirent.h: d_name behind 8, 8, 2, 2 and 1 bytes
        ["Files/Native/LibC.cs UTIME_OMIT"] = -2, // sys/stat.h
    };

    /// <summary>How many arguments of C's functions with any number of them are named: what comes behind lies elsewhere on macOS on ARM.</summary>
    static readonly Dictionary<string, int> s_variadic = new(StringComparer.Ordinal) { ["open"] = 2, ["openat"] = 3, ["fcntl"] = 2, ["ioctl"] = 2, ["syscall"] = 1 };

    static IEnumerable<(string Name, string Text)> Sources => ((string[])["Cli", "Files"])
        .SelectMany(static room => Directory.EnumerateFiles(Path.Combine(Repository.Root, "src", "Fairlead." + room), "*.cs", SearchOption.AllDirectories))
        .Select(static file => (Path.GetRelativePath(Path.Combine(Repository.Root, "src"), file)["Fairlead.".Length..], File.ReadAllText(file)));

    [Fact]
    public void Each_is_what_the_headers_say()
    {
        Dictionary<string, long> found = new(StringComparer.Ordinal);
        foreach ((string file, string text) in Sources)
        {
            foreach (Match choice in Choice().Matches(text))
            {
                string name = $"{file} {choice.Groups[1].Value}";
                found[found.ContainsKey(name) ? name + " 2" : name] = choice.Groups[2].Value.Split('|').Aggregate(0L, static (all, one) => all | Number(one.Trim()));
            }
        }

        Assert.Equal(s_headers.OrderBy(static one => one.Key, StringComparer.Ordinal), found.OrderBy(static one => one.Key, StringComparer.Ordinal));
    }

    static long Number(string text) => text.StartsWith("0x", StringComparison.Ordinal)
        ? long.Parse(text[2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture)
        : long.Parse(text, CultureInfo.InvariantCulture);

    /// <summary>What the tests of Linux have shown of terminals is so there as well: in them nobody asks which of the two it is.</summary>
    [Fact]
    public void Terminals_and_sessions_ask_for_no_system_but_Windows() => Assert.Equal(
        ["Cli/Sessions/OutputPump.cs: IsLinux"], // a write that does not wait, where Linux has one: MacTerminalTests take it away
        Sources
        .Where(static source => source.Name.StartsWith("Cli/Terminals/", StringComparison.Ordinal) || source.Name.StartsWith("Cli/Sessions/", StringComparison.Ordinal))
        .SelectMany(static source => Asked().Matches(source.Text).Select(asked => $"{source.Name}: {asked.Value}")));

    [Fact]
    public void No_function_with_any_number_of_arguments_is_given_one_that_is_not_named() => Assert.Equal(
        ["openat", "openat_arm"], // which of the two it is, is asked for
        Sources.SelectMany(static source => Import().Matches(source.Text)
            .Select(static import => (Name: import.Groups[2].Value, Entry: import.Groups[1].Success ? import.Groups[1].Value : import.Groups[2].Value, Count: import.Groups[3].Value.Split(',').Length))
            .Where(static import => s_variadic.TryGetValue(import.Entry, out int named) && import.Count > named))
            .Select(static import => import.Name).Order(StringComparer.Ordinal));

    [GeneratedRegex(@"(\w+)(?: =>|\() *(?:s_mac|OperatingSystem\.IsMacOS\(\)) \? ([-0-9a-fx| ]+) :")]
    private static partial Regex Choice();

    [GeneratedRegex("IsMacOS|IsLinux|IsOSPlatform")]
    private static partial Regex Asked();

    [GeneratedRegex("\\[LibraryImport\\(\"libc\"(?:, EntryPoint = \"([^\"]+)\")?[^]]*\\]\\s*(?:public|private|internal) static (?:unsafe )?partial \\S+ (\\w+)\\(([^)]*)\\);")]
    private static partial Regex Import();
}
