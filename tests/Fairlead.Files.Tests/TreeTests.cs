using System.Text;
using Fairlead.Files.Pods;
using Fairlead.Files.Shells;
using Fairlead.Files.Trees;

namespace Fairlead.Files.Tests;

/// <summary>What another side says of its files is believed only where it cannot do harm.</summary>
public sealed class TreeTests
{
    [Theory]
    [InlineData("a", true)]
    [InlineData("a/b c/-n/\n", true)]
    [InlineData("...", true)]
    [InlineData("", false)]
    [InlineData("/a", false)]
    [InlineData("a/", false)]
    [InlineData("a//b", false)]
    [InlineData("..", false)]
    [InlineData("a/../b", false)]
    [InlineData("./a", false)]
    [InlineData("a\0b", false)]
    public void Paths_are_plain_names(string path, bool safe) => Assert.Equal(safe, TreeRules.IsSafePath(path));

    [Theory]
    [InlineData("link", "a", true)]
    [InlineData("link", "sub/a", true)]
    [InlineData("link", ".", true)]
    [InlineData("sub/link", "../a", true)]
    [InlineData("a/b/link", "../../c", true)]
    [InlineData("link", "..", false)]
    [InlineData("sub/link", "../../a", false)]
    [InlineData("link", "/etc/passwd", false)]
    [InlineData("a/b/link", "x/../c", false)]
    [InlineData("link", "", false)]
    public void Links_stay_inside(string path, string target, bool safe) => Assert.Equal(safe, TreeRules.IsSafeLink(path, target));

    [Fact]
    public void A_listing_is_read_whatever_its_names_hold()
    {
        const string Text = "41ed 0 5:7 0 0 .//\n81a4 3 6:8 1 2 ./sp ace\n/new//\na1ff 0 0 0 0 ./l//\n";
        List<TreeEntry> entries = ListingReader.Read(Encoding.UTF8.GetBytes(Text.Replace("\n/new", "\nnew", StringComparison.Ordinal)), ".");
        Assert.Equal(["", "sp ace\nnew", "l"], entries.Select(entry => entry.Path));
        Assert.Equal(new TreeEntry("sp ace\nnew", EntryKind.File, 0x1A4, 3, 6, 1, 2, Inode: 8), entries[1]);
        Assert.Equal([EntryKind.Folder, EntryKind.File, EntryKind.Link], entries.Select(entry => entry.Kind));
    }

    [Theory]
    [InlineData("41ed 0 5:7 0 0 .")]
    [InlineData("nonsense//\n")]
    [InlineData("81a4 -7 0 0 0 ./a//\n")]
    public void A_listing_that_is_none_is_refused(string text) => Assert.Throws<InvalidDataException>(() => ListingReader.Read(Encoding.UTF8.GetBytes(text), "."));

    [Fact]
    public void Of_an_entry_that_is_listed_twice_the_first_counts()
    {
        CopyTree tree = new();
        Assert.True(tree.Add(new TreeEntry("", EntryKind.Folder, 0x1ED, 0, 0)));
        TreeEntry folder = new("sub", EntryKind.Folder, 0x1ED, 0, 0), device = new("null", EntryKind.Other, 0x1ED, 0, 0);
        Assert.True(tree.Add(folder));
        Assert.True(tree.Add(new TreeEntry("sub/b", EntryKind.File, 0x1A4, 5, 0)));
        Assert.True(tree.Add(device));

        foreach (EntryKind again in Enum.GetValues<EntryKind>())
        {
            Assert.False(tree.Add(new TreeEntry("sub", again, 0x1A4, 7, 0, Target: "..")));
            Assert.False(tree.Add(new TreeEntry("null", again, 0x1A4, 7, 0, Target: "..")));
        }

        Assert.Equal(folder, tree.Find("sub"));
        Assert.Null(tree.Find("null"));
        Assert.Equal(["null"], tree.Refused.Select(problem => problem.Path));
        Assert.Equal((5, 1), (tree.Bytes, tree.Files.Count));
    }

    [Fact]
    public void An_entry_below_a_link_or_a_file_is_refused()
    {
        CopyTree tree = new();
        tree.Add(new TreeEntry("", EntryKind.Folder, 0x1ED, 0, 0));
        tree.Add(new TreeEntry("link", EntryKind.Link, 0x1FF, 0, 0, Target: "sub"));
        Assert.Throws<InvalidDataException>(() => tree.Add(new TreeEntry("link/a", EntryKind.File, 0x1A4, 1, 0)));
    }

    [Theory]
    [InlineData("a b", "'a b'")]
    [InlineData("it's $(rm) `x` \"q\" \\", "'it'\\''s $(rm) `x` \"q\" \\'")]
    [InlineData("two\nlines", "'two'\"$nl\"'lines'")]
    public void A_name_is_one_word_to_the_shell(string name, string quoted) => Assert.Equal(quoted, ShellText.Quote(name));

    [Fact]
    public void A_cut_makes_little_be_on_its_way_until_the_connection_has_held()
    {
        Flight flight = new();
        Assert.True(flight.Window <= 3 << 20);
        flight.Cut();
        Assert.True(flight.Window < 1 << 20);
        for (int i = 0; i < 256; i++) flight.Arrived(1 << 20);
        Assert.Equal(256 * 1024, flight.Piece);
        flight.Far();
        Assert.Equal(256 * 1024, flight.Piece);
        flight = new Flight();
        for (int i = 0; i < 128; i++) flight.Arrived(1 << 20);
        Assert.Equal(96 << 20, flight.Window);
        flight = new Flight();
        flight.Far();
        Assert.Equal(96 << 20, flight.Window);
    }
}
