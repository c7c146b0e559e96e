using System.Globalization;
using System.Text;
using Fairlead.HostProcesses.Native;
using Fairlead.HostProcesses.Starting;

namespace Fairlead.HostProcesses.Trees;

/// <summary>What /proc tells of whose a process is. Of one that has ended, or is another user's, it tells nothing.</summary>
static class ProcessEvidence
{
    static readonly byte[] s_variable = Encoding.UTF8.GetBytes(LocalProcess.MarkerVariable + "=");

    /// <summary>The markers in the environment that its program was started with.</summary>
    internal static IEnumerable<string> MarkersOf(int id)
    {
        List<string> markers = [];
        try
        {
            ReadOnlySpan<byte> environment = File.ReadAllBytes(string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/environ"));
            foreach (Range part in environment.Split((byte)0))
            {
                ReadOnlySpan<byte> variable = environment[part];
                if (variable.StartsWith(s_variable)) markers.Add(Encoding.UTF8.GetString(variable[s_variable.Length..]));
            }
        }
        catch (Exception failure) when (NativeError.IsGone(failure))
        {
            // it ended, or it is another user's: no evidence
        }

        return markers;
    }

    /// <summary>What it holds open as 0, 1 and 2.</summary>
    internal static IEnumerable<FileIdentity> StandardFilesOf(int id)
    {
        for (int fd = 0; fd <= 2; fd++)
        {
            if (FileIdentity.Of(string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/fd/{fd}")) is { } file) yield return file;
        }
    }
}
