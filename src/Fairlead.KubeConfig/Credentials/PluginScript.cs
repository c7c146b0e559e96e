using System.Buffers;

namespace Fairlead.KubeConfig.Credentials;

/// <summary>
/// A plugin that is a script of Windows' cmd.exe (<c>.cmd</c>, <c>.bat</c>). cmd.exe reads the whole line again, by rules that no quoting
/// of ours satisfies for each script: what it would take for more than text is refused.
/// </summary>
static class PluginScript
{
    static readonly SearchValues<char> _interpreted = SearchValues.Create("&|<>^%!\"\r\n");

    /// <returns>
    /// The first argument that cmd.exe would interpret; null where there is none, or where cmd.exe does not run the program.
    /// </returns>
    public static string? FindUnsafe(string path, IEnumerable<string> arguments, bool isWindows)
    {
        // Windows ignores dots and spaces at a name's end, and so may not we.
        string ending = Path.GetExtension(path.TrimEnd('.', ' '));
        bool isScript = isWindows
            && (ending.Equals(".cmd", StringComparison.OrdinalIgnoreCase) || ending.Equals(".bat", StringComparison.OrdinalIgnoreCase));
        return isScript ? arguments.FirstOrDefault(static argument => argument.AsSpan().ContainsAny(_interpreted)) : null;
    }
}
