using System.Runtime.InteropServices;
using Fairlead.Wire;

namespace Fairlead.Files.Local;

/// <summary>The system refused something about one name on this machine.</summary>
sealed class LocalFaultException(string name, int error, string reason) : IOException(VisibleText.Line($"\"{name}\": {reason}"))
{
    internal LocalFaultException(string name, int error) : this(name, error, Marshal.GetPInvokeErrorMessage(error))
    {
    }

    /// <summary>The system's words for it.</summary>
    internal string Reason => reason;

    internal int Error => error;
}
