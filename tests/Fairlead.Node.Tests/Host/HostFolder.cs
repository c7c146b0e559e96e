using Fairlead.Node.Host;

namespace Fairlead.Node.Tests.Host;

/// <summary>A folder that stands for a machine's root.</summary>
sealed class HostFolder : IDisposable
{
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fairlead-host-");

    public HostFolder() => Root = new HostRoot(_folder.FullName);

    public HostRoot Root { get; }

    public string this[string path]
    {
        get => File.ReadAllText(Root.PathOf(path));
        set
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Root.PathOf(path))!);
            File.WriteAllText(Root.PathOf(path), value);
        }
    }

    /// <summary>Every file with its bytes and mode, by its path.</summary>
    public SortedDictionary<string, string> Everything()
    {
        SortedDictionary<string, string> files = new(StringComparer.Ordinal);
        foreach (string file in Directory.EnumerateFiles(_folder.FullName, "*", SearchOption.AllDirectories))
            files[file[_folder.FullName.Length..]] = $"{File.GetUnixFileMode(file)} {Convert.ToHexString(File.ReadAllBytes(file))}";
        return files;
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
