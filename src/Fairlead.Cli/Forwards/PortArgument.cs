using System.Globalization;
using Fairlead.Cli.Usage;
using Fairlead.KubeConfig.Targets;

namespace Fairlead.Cli.Forwards;

/// <summary>
/// One port of the command line: <c>[LOCAL:]REMOTE</c>. LOCAL is a port, empty or 0 for a free one, or, when it has a slash in it, the path
/// of a Unix socket. REMOTE is a number or a name.
/// </summary>
/// <param name="Local">LOCAL; null where it was left out.</param>
/// <param name="Remote">REMOTE.</param>
sealed record PortArgument(LocalListener? Local, string Remote)
{
    /// <exception cref="UsageException">It is no such thing; in kubectl's words where it has some.</exception>
    public static PortArgument Parse(string text)
    {
        int colon = text.LastIndexOf(':');
        string remote = text[(colon + 1)..];
        if (remote.Length == 0 || remote.Contains('/', StringComparison.Ordinal)) throw Invalid(text, "write [LOCAL:]REMOTE");
        if (char.IsAsciiDigit(remote[0]) || remote[0] is '-' or '+')
        {
            if (!int.TryParse(remote, NumberStyles.None, CultureInfo.InvariantCulture, out int number) || number > ushort.MaxValue)
                throw Invalid(text, $"\"{remote}\" is neither a port number nor a name");
            if (number == 0) throw Invalid(text, "remote port must be > 0");
        }

        return new PortArgument(colon < 0 ? null : ParseLocal(text, text[..colon]), remote);
    }

    /// <summary>Where to listen, now that the remote port's number is known.</summary>
    public LocalListener Listener(ResolvedPort port) => Local ?? LocalListener.Tcp(port.Asked);

    static LocalListener ParseLocal(string text, string local)
    {
        if (local.Contains('/', StringComparison.Ordinal)) return LocalListener.UnixSocket(local);
        if (local.Contains(':', StringComparison.Ordinal))
            throw Invalid(text, "write [LOCAL:]REMOTE, and the address to listen on as --address");
        if (local.Length == 0) return LocalListener.Tcp(0);
        return int.TryParse(local, NumberStyles.None, CultureInfo.InvariantCulture, out int port) && port <= ushort.MaxValue
            ? LocalListener.Tcp(port)
            : throw Invalid(
                text, $"\"{local}\" is no local port; a Unix socket is written with a slash, as in ./{local}:{text[(local.Length + 1)..]}");
    }

    static UsageException Invalid(string text, string why) => new($"invalid port format '{text}': {why}");
}
