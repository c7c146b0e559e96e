using Fairlead.Server.Commands;
using Grpc.Core;
using Status = Fairlead.Wire.Status;

namespace Fairlead.Containerd.Tasks;

/// <summary>Why a command could not be started, as a shell would say it where it is the command's own fault.</summary>
static class StartFailure
{
    /// <summary>The exception for it. The OCI runtime tells its reason in words alone.</summary>
    public static CommandStartException Of(RpcException failure)
    {
        string said = UnreachableSocketException.Describe(failure);
        if (failure.StatusCode == StatusCode.Unavailable) return Other("the container runtime does not answer: ");
        if (!said.Contains("exec failed", StringComparison.Ordinal)) return Other("error executing command in container: ");
        if (Says("executable file not found") || Says("no such file or directory"))
            return new CommandStartException(CommandStartException.NotFound, said, failure);
        return Says("permission denied") || Says("is a directory") || Says("exec format error")
            ? new CommandStartException(CommandStartException.NotRunnable, said, failure)
            : Other("error executing command in container: ");

        bool Says(string words) => said.Contains(words, StringComparison.Ordinal);

        CommandStartException Other(string what) => new(Status.InternalError(what + said), failure);
    }
}
