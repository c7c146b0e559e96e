using System.Runtime.InteropServices;

namespace Fairlead.Server.Checkpoints;

/// <summary>Keeps descriptors open while no process of the server runs: systemd's descriptor store, or whoever plays it.</summary>
/// <remarks>Names are unique. Not safe for concurrent use.</remarks>
public interface IDescriptorStore
{
    /// <summary>What an earlier process had kept, and nobody has taken yet.</summary>
    IReadOnlyCollection<string> Names { get; }

    /// <summary>Takes what an earlier process had kept; it is still kept until <see cref="Remove"/>.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>The descriptor, which is the caller's; null where there is none of this name.</returns>
    SafeHandle? Take(string name);

    /// <summary>Keeps a descriptor beyond this process's end. It stays the caller's.</summary>
    /// <param name="name">Its name: letters, digits and hyphens.</param>
    /// <param name="descriptor">What to keep.</param>
    /// <exception cref="IOException">There is no room, or the store does not answer.</exception>
    void Keep(string name, SafeHandle descriptor);

    /// <summary>Keeps it no more.</summary>
    /// <param name="name">Its name. One that there is not is passed over.</param>
    /// <exception cref="IOException">The store does not answer.</exception>
    void Remove(string name);

    /// <summary>Waits until the store has taken everything that it was told.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="IOException">The store does not answer.</exception>
    Task SettleAsync(CancellationToken cancellationToken);
}
