using Grpc.Core;
using Status = Fairlead.Wire.Status;

namespace Fairlead.Containerd.Tasks;

/// <summary>Why a command could not be started, as a shell would say it where it is the command's own fault.</summary>
static class StartFailure
{
    const int NotExecutable = 126, NotFound = 127;

    /// <summary>The status for it. The OCI runtime tells its reason in words alone.</summary>
    public static Status Of(RpcException failure)
    {
        string said = UnreachableSocketException.Describe(failure);
        if (failure.StatusCode == StatusCode.Unavailable) return Status.InternalError("the container runtime does not answer: " + said);
        if (!said.Contains("exec failed", StringComparison.Ordinal)) return Status.InternalError("error executing command in container: " + said);
        if (said.Contains("executable file not found", StringComparison.Ordinal) || said.Contains("no such file or directory", StringComparison.Ordinal))
            return Status.FromExitCode(NotFound, said);
        return said.Contains("permission denied", StringComparison.Ordinal) || said.Contains("is a directory", StringComparison.Ordinal) || said.Contains("exec format error", StringComparison.Ordinal)
            ? Status.FromExitCode(NotExecutable, said)
            : Status.InternalError("error executing command in container: " + said);
    }
}
