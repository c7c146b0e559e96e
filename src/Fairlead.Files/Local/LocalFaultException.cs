using System.Runtime.InteropServices;
using Fairlead.Wire;

namespace Fairlead.Files.Local;

/// <summary>The system refused something about one name on this machine.</summary>
sealed class LocalFaultException(string name, int error) : IOException($"\"{new PeerText(name)}\": {Marshal.GetPInvokeErrorMessage(error)}")
{
    /// <summary>The system's words for it.</summary>
    internal string Reason { get; } = Marshal.GetPInvokeErrorMessage(error);

    internal int Error => error;
}
