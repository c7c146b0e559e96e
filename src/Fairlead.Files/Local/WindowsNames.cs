using System.Buffers;
using System.Text;
using Fairlead.Files.Trees;

namespace Fairlead.Files.Local;

/// <summary>Which names a folder on Windows can hold. Linux has names that Windows has not, and Windows takes two that differ in case for
/// one.</summary>
static class WindowsNames
{
    const int Longest = 255; // UTF-16 units

    static readonly SearchValues<char> s_forbidden =
        SearchValues.Create([.. "<>:\"/\\|?*", .. Enumerable.Range(0, ' ').Select(static code => (char)code)]);

    static readonly string[] s_devices = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];

    /// <returns>Why there can be no such name there, for people; null where there can.</returns>
    internal static string? Problem(string name)
    {
        if (name.AsSpan().IndexOfAny(s_forbidden) is >= 0 and var at)
            return name[at] < ' ' ? "a name on Windows holds no control characters" : $"a name on Windows holds no {name[at]}";
        if (name is [] or [.., '.'] or [.., ' ']) return "a name on Windows does not end in a dot or a space";
        if (!IsText(name)) return "a name on Windows is text, and this one is not";
        if (name.Length > Longest) return "the name is too long for Windows";
        string device = name.Split('.')[0].TrimEnd(' ').ToUpperInvariant();
        bool isDevice = s_devices.Contains(device)
            || (device.Length == 4 && device[..3] is "COM" or "LPT" && (char.IsAsciiDigit(device[3]) || device[3] is '¹' or '²' or '³'));
        return isDevice ? $"{device} is a device's name on Windows" : null;
    }

    /// <summary>True where no half of a surrogate pair stands alone.</summary>
    internal static bool IsText(string name)
    {
        for (ReadOnlySpan<char> rest = name; !rest.IsEmpty;)
        {
            if (Rune.DecodeFromUtf16(rest, out _, out int length) != OperationStatus.Done) return false;
            rest = rest[length..];
        }

        return true;
    }

    /// <summary>
    /// Takes out of the tree what cannot be on Windows, before anything of it is written: names that it does not hold, the second of two
    /// that it takes for one, and links, which take a privilege there that hardly anybody has.
    /// </summary>
    internal static void Refuse(CopyTree tree) => UniqueNames.Refuse(tree, "Windows", StringComparer.OrdinalIgnoreCase, static entry =>
        Problem(entry.Leaf) is { } problem ? $"it cannot be here by this name: {problem}"
        : entry.Kind == EntryKind.Link ? "links are not made on Windows"
        : null);
}
