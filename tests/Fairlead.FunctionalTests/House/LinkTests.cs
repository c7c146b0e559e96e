using System.Text;
using System.Text.RegularExpressions;
using Fairlead.Testing;

namespace Fairlead.FunctionalTests.House;

/// <summary>Every link of README, docs/ and samples/ that stays in the repository leads to a file that is here, and to a heading that is in it.</summary>
public sealed partial class LinkTests
{
    static IEnumerable<string> Pages => Directory.EnumerateFiles(Path.Combine(Repository.Root, "docs"), "*.md", SearchOption.AllDirectories)
        .Concat(Directory.EnumerateFiles(Repository.Root, "*.md")).Append(Path.Combine(Repository.Root, "samples/README.md"));

    [Fact]
    public void Each_leads_somewhere()
    {
        List<string> broken = [];
        foreach (string page in Pages)
        {
            foreach (Match link in Link().Matches(WithoutCode(File.ReadAllText(page))))
            {
                string target = link.Groups[1].Value;
                if (target.Contains("://", StringComparison.Ordinal) || target.StartsWith("mailto:", StringComparison.Ordinal)) continue;
                string[] parts = target.Split('#', 2);
                string file = parts[0].Length == 0 ? page : Path.GetFullPath(parts[0], Path.GetDirectoryName(page)!);
                bool isThere = File.Exists(file) || Directory.Exists(file);
                if (!isThere || (parts.Length == 2 && !Anchors(file).Contains(parts[1])))
                    broken.Add($"{Path.GetRelativePath(Repository.Root, page)}: {target}");
            }
        }

        Assert.Empty(broken);
    }

    static string WithoutCode(string page) => Code().Replace(page, "");

    /// <summary>A heading's anchor, as forges make it: small letters, hyphens for spaces, no signs; the second of two has a number.</summary>
    static HashSet<string> Anchors(string file)
    {
        HashSet<string> anchors = new(StringComparer.Ordinal);
        foreach (Match heading in Heading().Matches(Fenced().Replace(File.ReadAllText(file), "")))
        {
            StringBuilder anchor = new();
            foreach (char sign in heading.Groups[1].Value.Trim().ToLowerInvariant())
            {
                if (char.IsLetterOrDigit(sign) || sign is '-' or '_') anchor.Append(sign);
                else if (sign == ' ') anchor.Append('-');
            }

            string name = anchor.ToString();
            for (int again = 1; !anchors.Add(name); again++) name = $"{anchor}-{again}";
        }

        return anchors;
    }

    [GeneratedRegex(@"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"^#{1,6} +(.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex("^ *```.*?^ *```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fenced();

    [GeneratedRegex("^ *```.*?^ *```|`[^`\n]*`(?!\\])", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Code();
}
