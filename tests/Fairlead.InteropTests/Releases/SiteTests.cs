using System.Net;
using System.Text.RegularExpressions;

namespace Fairlead.InteropTests.Releases;

/// <summary>The site as <c>eng/site</c> makes it of the libraries that this build has made: without a warning, and without a link that leads nowhere.</summary>
public sealed partial class SiteTests : IDisposable
{
    readonly string _site = Directory.CreateTempSubdirectory("fairlead-site-").FullName;

    public void Dispose() => Directory.Delete(_site, recursive: true);

    [Fact(Timeout = 600_000)]
    public async Task It_is_built_without_a_warning_and_each_link_leads_somewhere()
    {
        string script = Path.Combine(Repository.Root, "eng/site");
        RunResult run = await RunningProcess.RunAsync(script, [_site, Path.Combine(Repository.Root, "artifacts/bin")], cancellationToken: TestContext.Current.CancellationToken);
        Assert.SkipWhen(run.Stderr.Contains("docfx cannot be restored", StringComparison.Ordinal), "docfx, a .NET tool, cannot be had here");
        Assert.True(run.ExitCode == 0, run.ToString());
        foreach (string page in (string[])["index.html", "README.html", "samples/README.html", "api/Fairlead.KubernetesStreaming.html", "docs/cp.html", "docs/reference/fairlead-exec.html", "docs/releasing.html", "api/Fairlead.StreamingClient.html", "api/Fairlead.Lab.Testing.Lab.html"])
            Assert.True(File.Exists(Path.Combine(_site, page)), page);
        string[] commands = [.. Directory.EnumerateFiles(Path.Combine(Repository.Root, "docs", "reference"), "*.md").Select(static page => Path.GetFileNameWithoutExtension(page))];
        Assert.NotEmpty(commands);
        Assert.All(commands, command => Assert.True(File.Exists(Path.Combine(_site, "docs", "reference", $"{command}.html")), command));
        Assert.True(Pages.Count > 100, $"{Pages.Count} pages");
        Assert.Empty(Pages.SelectMany(page => Links(page.Value).Where(link => !Leads(page.Key, link)).Select(link => $"{Path.GetRelativePath(_site, page.Key)}: {link}")));
    }

    Dictionary<string, string> Pages => field ??= Directory.EnumerateFiles(_site, "*.html", SearchOption.AllDirectories).ToDictionary(static file => file, File.ReadAllText);

    readonly Dictionary<string, HashSet<string>> _anchors = [];

    static IEnumerable<string> Links(string page) => Link().Matches(page).Select(static link => WebUtility.HtmlDecode(link.Groups[1].Value)).Distinct(StringComparer.Ordinal);

    /// <summary>True for what is on the site, with its heading, and for what is elsewhere.</summary>
    bool Leads(string page, string link)
    {
        if (link.Length == 0 || Elsewhere().IsMatch(link)) return true;
        string[] parts = link.Split('#', 2);
        string path = Uri.UnescapeDataString(parts[0].Split('?')[0]);
        string target = path.Length == 0 ? page : Path.GetFullPath(path, Path.GetDirectoryName(page)!);
        if (!File.Exists(target)) return false;
        if (parts.Length == 1 || parts[1].Length == 0 || !Pages.TryGetValue(target, out string? text)) return true;
        if (!_anchors.TryGetValue(target, out HashSet<string>? anchors))
            _anchors[target] = anchors = [.. Anchor().Matches(text).Select(static anchor => WebUtility.HtmlDecode(anchor.Groups[1].Value))];
        return anchors.Contains(Uri.UnescapeDataString(parts[1]));
    }

    [GeneratedRegex("(?:href|src)=\"([^\"]*)\"")]
    private static partial Regex Link();

    [GeneratedRegex("(?:id|name)=\"([^\"]*)\"")]
    private static partial Regex Anchor();

    [GeneratedRegex("^(?:[a-z][a-z0-9+.-]*:|//)", RegexOptions.IgnoreCase)]
    private static partial Regex Elsewhere();
}
