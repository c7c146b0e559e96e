using Fairlead.Files.Local;
using Fairlead.Files.Native;
using Fairlead.Files.Trees;
using Microsoft.Win32.SafeHandles;

namespace Fairlead.Files.Tests;

/// <summary>
/// What a copy on macOS sees to before it begins, since nobody here runs one there: tried out on this system, whose folders pass, and on
/// folders that are not what a copy takes them for, each of which is told by its name.
/// </summary>
public sealed class FolderProofTests
{
    [Fact]
    public void This_system_s_folders_are_what_a_copy_takes_them_for()
    {
        FolderProof.HoldsHere();
        string place = "";
        Assert.Null(FolderProof.FailureOf(path => LocalFolder.Open(place = path)));
        Assert.True(place.Length > 0 && !Directory.Exists(place), $"{place} was left");
    }

    public static TheoryData<string, string> Wrong => new()
    {
        { "follows", "a link to a file is followed" },
        { "looks through", "a link is followed when it is looked at" },
        { "sizes", "a file has another size" },
        { "modes", "permissions are not set" },
        { "times", "a time is not set" },
        { "names", "a folder has other names" },
        { "missing", "geteuid was not found" },
    };

    [Theory, MemberData(nameof(Wrong))]
    public void A_system_that_does_otherwise_is_told_by_what_it_does(string what, string told) =>
        Assert.Contains(told, FolderProof.FailureOf(path => new WrongFolder(path, what))!, StringComparison.OrdinalIgnoreCase);

    [Fact]
    public void What_macOS_says_of_a_file_is_read_where_its_header_says()
    {
        byte[] stat = new byte[144];
        new byte[] { 1, 0, 0, 1, 0xA4, 0x81, 2, 0, 9, 8, 7, 6, 5, 4, 3, 2, 0xF5, 1, 0, 0, 20, 0, 0, 0 }.CopyTo(stat, 0); // device, mode 0100644, links, number, user 501, group 20
        BitConverter.GetBytes(11L).CopyTo(stat, 32); // read
        BitConverter.GetBytes(1_700_000_000L).CopyTo(stat, 48); // changed
        BitConverter.GetBytes(13L).CopyTo(stat, 64); // its status
        BitConverter.GetBytes(14L).CopyTo(stat, 80); // made
        BitConverter.GetBytes(5_000_000_000L).CopyTo(stat, 96);
        Assert.Equal(new LocalStatus(0x81A4, 5_000_000_000, 1_700_000_000, 501, 20, 0x0203040506070809), FileStatusCalls.ReadMac(stat));
    }

    [Fact]
    public void Of_two_that_a_volume_takes_for_one_the_second_is_refused_and_both_are_copied_where_it_does_not()
    {
        foreach ((bool foldsCase, string[] files) in (ReadOnlySpan<(bool, string[])>)[(true, ["A", "ok/\u00e9"]), (false, ["A", "a", "ok/\u00e9"])])
        {
            CopyTree tree = new();
            foreach ((string path, EntryKind kind) in (ReadOnlySpan<(string, EntryKind)>)[("", EntryKind.Folder), ("A", EntryKind.File), ("a", EntryKind.File), ("ok", EntryKind.Folder),
                ("ok/\u00e9", EntryKind.File), ("caf\udce9", EntryKind.Folder), ("caf\udce9/in", EntryKind.File), ("link", EntryKind.Link)])
                tree.Add(new TreeEntry(path, kind, 0x1A4, kind == EntryKind.File ? 1 : 0, 0, Target: kind == EntryKind.Link ? "A" : null));
            MacNames.Refuse(tree, foldsCase);
            MacNames.Refuse(tree, foldsCase); // a copy that begins again
            Assert.Equal(files, tree.Files.Select(static file => file.Path));
            Assert.Equal(["", "ok"], tree.Folders.Select(static folder => folder.Path));
            Assert.Equal("link", Assert.Single(tree.Links).Path);
            Assert.Contains("is text", tree.Refused.Single(static one => one.Path == "caf\udce9").Reason, StringComparison.Ordinal);
            if (foldsCase) Assert.Contains("this volume takes it for A", tree.Refused.Single(static one => one.Path == "a").Reason, StringComparison.Ordinal);
        }
    }

    /// <summary>This system's folder, but for one thing that it does otherwise.</summary>
    sealed class WrongFolder(string path, string what) : LocalFolder
    {
        readonly LocalFolder _folder = Open(path);

        string Resolve(string name) => new FileInfo(Path.Combine(path, name)).LinkTarget is { } target && what == "follows" ? target : name;

        internal override LocalFolder OpenFolder(string name) => _folder.OpenFolder(name);

        internal override LocalFolder OpenOrCreateFolder(string name, uint mode) => _folder.OpenOrCreateFolder(name, mode);

        internal override SafeFileHandle OpenFile(string name, bool isOurs = false) => _folder.OpenFile(Resolve(name), isOurs);

        internal override SafeFileHandle OpenOrCreateFile(string name, bool begins = false) => _folder.OpenOrCreateFile(name, begins);

        internal override LocalStatus? Status(string name) => what switch
        {
            "looks through" when name == "to-file" => _folder.Status("file"),
            "sizes" => _folder.Status(name) is { } status ? status with { Size = status.Size + 1 } : null,
            _ => _folder.Status(name),
        };

        internal override LocalStatus Status() => _folder.Status();

        internal override string ReadLink(string name) => _folder.ReadLink(name);

        internal override void CreateLink(string name, string target) => _folder.CreateLink(name, target);

        internal override void MoveTo(string name, LocalFolder folder, string newName) => _folder.MoveTo(name, folder, newName);

        internal override void SetMode(int mode) => _folder.SetMode(mode);

        internal override void SetMode(SafeFileHandle handle, int mode)
        {
            if (what != "modes") _folder.SetMode(handle, mode);
        }

        internal override void SetOwner(int user, int group) => _folder.SetOwner(user, group);

        internal override void SetOwner(SafeFileHandle handle, int user, int group) => _folder.SetOwner(handle, user, group);

        internal override void SetModified(long seconds) => _folder.SetModified(seconds);

        internal override void SetModified(SafeFileHandle handle, long seconds)
        {
            if (what != "times") _folder.SetModified(handle, seconds);
        }

        internal override bool TryLock() => _folder.TryLock();

        internal override bool IsOwn => what == "missing" ? throw new EntryPointNotFoundException("geteuid was not found") : _folder.IsOwn;

        internal override IReadOnlyList<string> Names() => what == "names" ? [.. _folder.Names().Select(static name => name[1..])] : _folder.Names();

        internal override void Remove(string name) => _folder.Remove(name);

        internal override void RemoveLocked(string name, IDisposable held) => _folder.RemoveLocked(name, held);

        public override void Dispose() => _folder.Dispose();
    }
}
