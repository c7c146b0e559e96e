using System.Runtime.InteropServices;

namespace Fairlead.Server.Checkpoints;

/// <summary>A command that an earlier process of the server has suspended.</summary>
/// <param name="Description">By which its runtime finds it: <see cref="Streaming.RemoteCommand.ISuspendedCommand.Description"/>.</param>
/// <param name="Descriptors">What was kept open for it; whoever resumes it owns them.</param>
public sealed record CommandCheckpoint(string Description, IReadOnlyDictionary<string, SafeHandle> Descriptors);
