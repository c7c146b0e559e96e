namespace Fairlead;

/// <summary>
/// Remembers which transport a server took, so that the next session does not try in vain first. Asked and told by
/// <see cref="Transport.Auto"/> alone; never told of a refusal that is the user's and not the server's. Called from any thread.
/// </summary>
public interface ITransportMemory
{
    /// <summary>What worked lately; <see cref="Transport.Auto"/> where nothing is known.</summary>
    Transport Recall(Uri server);

    /// <summary>Keeps what worked for a while; <see cref="Transport.Auto"/> forgets.</summary>
    void Remember(Uri server, Transport transport);
}
