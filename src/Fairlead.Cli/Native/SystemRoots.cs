using System.Runtime.Versioning;
using System.Security.Cryptography.X509Certificates;

namespace Fairlead.Cli.Native;

/// <summary>The certificates of the machine's own authorities, as OpenSSL finds them.</summary>
[SupportedOSPlatform("linux")]
static class SystemRoots
{
    /// <summary>Where OpenSSL, and .NET as it, look for them: <c>SSL_CERT_FILE</c> and <c>SSL_CERT_DIR</c>.</summary>
    static readonly string[] _places = ["SSL_CERT_FILE", "SSL_CERT_DIR"];

    /// <summary>
    /// Makes the process go without the machine's authorities from here on: for one whose only server is vouched for by an authority of
    /// its own. .NET on Linux reads all of them, hundreds of files, before the first certificate is looked at, also where a custom root
    /// is the only one that counts; that was two thirds of a short command's time.
    /// </summary>
    /// <remarks>
    /// Nothing is trusted that was not: fewer roots are known, and the checks stay .NET's own. .NET keeps what it found, so the
    /// places are hidden only while it looks. To be called while no other thread of ours runs: the C library's environment is not locked.
    /// </remarks>
    public static void LeaveUnread()
    {
        string?[] before = [.. _places.Select(Environment.GetEnvironmentVariable)];
        foreach (string place in _places) _ = LibC.SetEnvironment(place, "", 1);
        try
        {
            using X509Store store = new(StoreName.Root, StoreLocation.LocalMachine, OpenFlags.ReadOnly);
            _ = store.Certificates;
        }
        finally
        {
            for (int i = 0; i < _places.Length; i++)
                _ = before[i] is { } value ? LibC.SetEnvironment(_places[i], value, 1) : LibC.UnsetEnvironment(_places[i]);
        }
    }
}
