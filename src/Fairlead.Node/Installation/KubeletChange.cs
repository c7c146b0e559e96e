using Fairlead.Node.Host;

namespace Fairlead.Node.Installation;

/// <summary>The change of the kubelet's own configuration: a line of its file, or a file of one line beside it.</summary>
static class KubeletChange
{
    /// <summary>Looks at the machine and says what it is.</summary>
    /// <param name="options">Which kubelet.</param>
    /// <param name="kind">What the line is about.</param>
    /// <param name="why">Why it is changed.</param>
    /// <param name="former">What the configuration held before any installation, by what it holds now.</param>
    /// <exception cref="InvalidDataException">A file cannot be read, the line cannot be set, or another file overrules it.</exception>
    public static FileChange Of(InstallationOptions options, InstallationKind kind, string why, Func<byte[], byte[]> former)
    {
        if (options.ConfigFolder is not { } folder)
        {
            FileChange change = FileChange.Of(
                options.Root, options.Config, kind.Line.Set(options.Root.ReadText(options.Config), options.Config), why);
            return change with { Former = former(change.Before!) };
        }

        string path = Path.Join(folder, kind.DropIn);
        foreach (string file in KubeletFiles.DropIns(options.Root, folder).Where(file => StringComparer.Ordinal.Compare(file, path) > 0))
        {
            if (KubeletFiles.Read(options.Root, file).ContainsKey(kind.Line.Member))
                throw new InvalidDataException(
                    $"{file} says {kind.Line.Member}, and is read after {path}: take that line away first");
        }

        FileChange own = FileChange.Of(options.Root, path, kind.Line.DropIn, why);
        return own with { Former = own.IsDone ? null : own.Before };
    }
}
