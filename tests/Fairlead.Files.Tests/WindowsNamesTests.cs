using Fairlead.Files.Local;
using Fairlead.Files.Trees;

namespace Fairlead.Files.Tests;

/// <summary>What Windows cannot hold is told by its name before anything is written. Names are judged alike on every system.</summary>
public sealed class WindowsNamesTests
{
    [Theory]
    [InlineData("a:b", "holds no :")]
    [InlineData(@"..\..\evil", @"holds no \")]
    [InlineData("what?", "holds no ?")]
    [InlineData("line\nend", "control characters")]
    [InlineData("end.", "dot or a space")]
    [InlineData("end ", "dot or a space")]
    [InlineData("nul", "NUL is a device's")]
    [InlineData("Com1.txt", "COM1 is a device's")]
    [InlineData("lpt¹", "LPT¹ is a device's")]
    [InlineData("con .tar.gz", "CON is a device's")]
    public void A_name_that_Windows_has_not(string name, string problem) => Assert.Contains(problem, WindowsNames.Problem(name)!, StringComparison.Ordinal);

    [Fact]
    public void A_name_that_is_no_text() => Assert.Contains("is text", WindowsNames.Problem("caf\uDCE9")!, StringComparison.Ordinal);

    [Theory]
    [InlineData("a")]
    [InlineData(".profile")]
    [InlineData("with space")]
    [InlineData("zwölf 日本 😀")]
    [InlineData("com10")]
    [InlineData("console")]
    [InlineData("auxiliary.txt")]
    [InlineData("a'b\u201d")]
    public void A_name_that_it_has(string name) => Assert.Null(WindowsNames.Problem(name));

    [Fact]
    public void Of_a_tree_what_cannot_be_is_refused_and_the_rest_stays()
    {
        CopyTree tree = new();
        foreach ((string path, EntryKind kind) in (ReadOnlySpan<(string, EntryKind)>)[("", EntryKind.Folder), ("A", EntryKind.File), ("a", EntryKind.File),
            ("aux", EntryKind.Folder), ("aux/inner", EntryKind.Folder), ("aux/inner/x", EntryKind.File), ("link", EntryKind.Link), ("ok", EntryKind.Folder), ("ok/y:z", EntryKind.File), ("ok/y", EntryKind.File)])
            tree.Add(new TreeEntry(path, kind, 0x1A4, kind == EntryKind.File ? 1 : 0, 0, Target: kind == EntryKind.Link ? "A" : null));
        WindowsNames.Refuse(tree);
        WindowsNames.Refuse(tree); // a copy that begins again
        Assert.Equal(["A", "ok/y"], tree.Files.Select(static file => file.Path));
        Assert.Equal(["", "ok"], tree.Folders.Select(static folder => folder.Path));
        Assert.Empty(tree.Links);
        Assert.Equal(2, tree.Bytes);
        Assert.Equal(["a", "aux", "aux/inner", "aux/inner/x", "link", "ok/y:z"], tree.Refused.Select(static one => one.Path).Order(StringComparer.Ordinal));
        Assert.Contains("Windows takes it for A", tree.Refused.Single(static one => one.Path == "a").Reason, StringComparison.Ordinal);
    }
}
