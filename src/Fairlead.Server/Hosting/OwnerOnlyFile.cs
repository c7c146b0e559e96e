using System.Text;

namespace Fairlead.Server.Hosting;

/// <summary>Files that hold secrets.</summary>
public static class OwnerOnlyFile
{
    /// <summary>
    /// Writes text so that only its owner ever could read it (mode 0600), and whole or not at all. Makes the folder, for its owner alone
    /// too.
    /// </summary>
    public static async Task WriteAsync(string path, string text, CancellationToken cancellationToken = default)
    {
        string full = Path.GetFullPath(path);
        OwnerOnlyFolder.Make(Path.GetDirectoryName(full)!);
        string part = $"{full}.{Environment.ProcessId}.part";
        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        // there a profile is its owner's anyhow
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        try
        {
            File.Delete(part);
            await using (StreamWriter writer = new(part, new UTF8Encoding(false), options)) await writer.WriteAsync(
                text.AsMemory(), cancellationToken);
            File.Move(part, full, overwrite: true);
        }
        finally
        {
            File.Delete(part);
        }
    }
}
