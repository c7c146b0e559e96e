using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Fairlead.Server.Checkpoints;

/// <summary>One saved session: a file that only its owner reads, whole or not there, and the descriptors that belong to it.</summary>
sealed class CheckpointFile
{
    const string Part = ".part";
    readonly IDescriptorStore _store;
    readonly string _path;
    byte[] _content;

    CheckpointFile(IDescriptorStore store, string path, byte[] content)
    {
        (_store, _path, _content) = (store, path, content);
        using BinaryReader reader = Open();
        Session = SessionCheckpoint.Read(reader);
    }

    internal SessionCheckpoint Session { get; }

    internal string Name => Path.GetFileName(_path);

    /// <summary>Every descriptor that it names is there.</summary>
    internal bool IsWhole => DescriptorNames.All(_store.Names.Contains);

    /// <summary>Their names in the store.</summary>
    internal IEnumerable<string> DescriptorNames => Session.Descriptors.Select(name => NameOf(_path, name));

    /// <summary>A process ended while it wrote the file.</summary>
    internal static bool IsUnfinished(string path) => path.EndsWith(Part, StringComparison.Ordinal);

    /// <exception cref="InvalidDataException">It is not as it was written.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    internal static CheckpointFile Read(IDescriptorStore store, string path)
    {
        byte[] content = File.ReadAllBytes(path);
        int length = content.Length - SHA256.HashSizeInBytes;
        if (length < 0 || !SHA256.HashData(content.AsSpan(0, length)).AsSpan().SequenceEqual(content.AsSpan(length)))
            throw new InvalidDataException("it is not as it was written");
        return new CheckpointFile(store, path, content);
    }

    /// <summary>What stands behind <see cref="Session"/>.</summary>
    internal BinaryReader OpenState()
    {
        BinaryReader reader = Open();
        _ = SessionCheckpoint.Read(reader);
        return reader;
    }

    BinaryReader Open() => new(new MemoryStream(_content, 0, _content.Length - SHA256.HashSizeInBytes, writable: false), Encoding.UTF8);

    /// <summary>It is run from here on, and nobody else may find it: the file goes before the first byte is read anew.</summary>
    /// <returns>The descriptors.</returns>
    /// <exception cref="IOException">The store does not answer, or the file cannot be deleted.</exception>
    internal Dictionary<string, SafeHandle> Claim()
    {
        _content = [];
        File.Delete(_path);
        Dictionary<string, SafeHandle> descriptors = [];
        foreach (string name in Session.Descriptors)
        {
            if (_store.Take(NameOf(_path, name)) is not { } taken) continue;
            descriptors.Add(name, taken);
            _store.Remove(NameOf(_path, name));
        }

        return descriptors;
    }

    /// <summary>Writes one, after its descriptors were given to the store.</summary>
    /// <exception cref="IOException">It cannot be written, or the store does not take what belongs to it. Nothing is left.</exception>
    internal static void Write(
        IDescriptorStore store, string folder, SessionCheckpoint session, IReadOnlyDictionary<string, SafeHandle> descriptors,
        Action<BinaryWriter> writeState)
    {
        string path = Path.Combine(folder, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)));
        using MemoryStream content = new();
        using BinaryWriter writer = new(content, Encoding.UTF8);
        session.Write(writer);
        writeState(writer);
        writer.Flush();
        List<string> kept = [];
        try
        {
            FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            using (FileStream file = new(path + Part, options))
            {
                ReadOnlySpan<byte> written = content.GetBuffer().AsSpan(0, (int)content.Length);
                file.Write(written);
                file.Write(SHA256.HashData(written));
            }

            foreach ((string name, SafeHandle descriptor) in descriptors)
            {
                store.Keep(NameOf(path, name), descriptor);
                kept.Add(NameOf(path, name));
            }

            File.Move(path + Part, path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            File.Delete(path + Part);
            foreach (string name in kept) store.Remove(name);
            throw;
        }
    }

    static string NameOf(string path, string descriptor) => $"{SessionCheckpoints.Prefix}{Path.GetFileName(path)}-{descriptor}";
}
