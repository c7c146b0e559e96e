using System.Runtime.InteropServices;
using Fairlead.Containerd.Native;
using Fairlead.Server.Checkpoints;
using Microsoft.Extensions.Logging;

namespace Fairlead.Node;

/// <summary>The place of a node's saved sessions: beside the pipes of its runtime's commands, and for this user alone.</summary>
static class SavedSessions
{
    /// <summary>Finds what an earlier process left.</summary>
    /// <returns>Null where nothing is left, and nothing can be.</returns>
    /// <exception cref="IOException">The folder is not to be trusted, or cannot be read.</exception>
    internal static SessionCheckpoints? Open(NodeOptions options, ILogger logger)
    {
        string folder = Path.Combine(options.Runtime.StateFolder, "sessions-" + options.Cri.ShortHash);
        if (options.Descriptors is null)
        {
            Log.SessionsEndWithProcess(logger);
            if (!Directory.Exists(folder)) return null;
        }

        TrustedFolder.Require(options.Runtime.StateFolder, mayBeShared: false);
        TrustedFolder.Require(folder, mayBeShared: false);
        return SessionCheckpoints.Open(folder, options.Descriptors ?? new Nobody(), hasPodsApi: options.Kubelet is null, logger);
    }

    /// <summary>Who keeps nothing.</summary>
    sealed class Nobody : IDescriptorStore
    {
        public IReadOnlyCollection<string> Names => [];

        public SafeHandle? Take(string name) => null;

        public void Keep(string name, SafeHandle descriptor) => throw new IOException("nobody keeps descriptors for this process");

        public void Remove(string name)
        {
        }

        public Task SettleAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
