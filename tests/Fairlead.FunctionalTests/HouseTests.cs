using System.Text.RegularExpressions;
using Fairlead.Testing;

namespace Fairlead.FunctionalTests;

/// <summary>What docs/architecture.md promises of the sources themselves.</summary>
public sealed partial class HouseTests
{
    const int LongestLine = 140, LongestFile = 250, FullestFolder = 15;

    /// <summary>Files that are longer, and why each is one file all the same.</summary>
    static readonly Dictionary<string, string> s_long = new()
    {
        ["Fairlead.Streaming/WebSockets/WebSocketCarrier.cs"] = "read loop and write loop share how a connection ends",
        ["Fairlead.Streaming/Spdy/SpdyConnection.ReadLoop.cs"] = "one method for each kind of frame",
        ["Fairlead.Files/Local/LocalTarget.cs"] = "the steps of a file's arrival share what is staged",
        ["Fairlead.Files/Shells/RemoteShell.cs"] = "a line and its answer share the state of the shell",
    };

    static readonly string s_sources = Path.Combine(Repository.Root, "src");

    static IEnumerable<string> Files => Directory.EnumerateFiles(s_sources, "*.cs", SearchOption.AllDirectories)
        .Where(static file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal));

    [Fact]
    public void No_line_is_longer_than_140_columns() =>
        Assert.Empty(Files.SelectMany(static file => File.ReadLines(file).Index().Where(static line => line.Item.Length > LongestLine)
            .Select(line => $"{Name(file)}:{line.Index + 1}")));

    [Fact]
    public void No_file_is_longer_than_250_lines_without_a_word_why() =>
        Assert.Equal(s_long.Keys.Order(), Files.Where(static file => File.ReadLines(file).Count() > LongestFile).Select(Name).Order());

    [Fact]
    public void No_folder_is_a_drawer() =>
        Assert.Empty(Files.GroupBy(static file => Path.GetDirectoryName(file)!).Where(static folder => folder.Count() > FullestFolder)
            .Select(static folder => $"{Name(folder.Key)}: {folder.Count()}"));

    /// <summary>Of the rooms that a program uses, what it uses is in <c>Fairlead</c>: one using line, whatever the folder.</summary>
    static readonly string[] s_library = ["Wire", "Streaming", "Upgrades", "Client", "Files", "KubeConfig", "Extensions.DependencyInjection", "KubernetesClient"];

    [Fact]
    public void Folder_and_namespace_agree() =>
        Assert.Empty(Files.Where(static file => Namespace().Match(File.ReadAllText(file)) is { Success: true } found
            && found.Groups[1].Value != Name(Path.GetDirectoryName(file)!).Replace('/', '.')
            && !(found.Groups[1].Value == "Fairlead" && IsOfTheLibrary(file))).Select(Name));

    static bool IsOfTheLibrary(string file) => s_library.Contains(Name(file).Split('/')[0]["Fairlead.".Length..]);

    [Fact]
    public void What_is_in_the_namespace_Fairlead_is_public() =>
        Assert.Empty(Files.Where(static file => File.ReadAllText(file) is var text && Namespace().Match(text).Groups[1].Value == "Fairlead"
            && !PublicType().IsMatch(text)).Select(Name));

    /// <summary>What a user meets first stays small. What records have by being records is not counted.</summary>
    [Fact]
    public void The_surface_of_the_client_is_at_most_150_lines() =>
        Assert.InRange(
            File.ReadLines(Path.Combine(s_sources, "Fairlead.Client/PublicAPI.Shipped.txt")).Concat(File.ReadLines(Path.Combine(s_sources, "Fairlead.Client/PublicAPI.Unshipped.txt")))
                .Count(static line => line.StartsWith('#') is false && !OfRecords().IsMatch(line)),
            50, 150);

    [GeneratedRegex(@"<Clone>\$|\.Equals\(|\.GetHashCode\(|\.ToString\(|operator [!=]=|\.Deconstruct\(")]
    private static partial Regex OfRecords();

    [GeneratedRegex(@"^public [\w ]*(class|struct|record|interface|enum) ", RegexOptions.Multiline)]
    private static partial Regex PublicType();

    static string Name(string path) => Path.GetRelativePath(s_sources, path);

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Namespace();
}
