namespace Fairlead;

/// <summary>Copies, as something that a client can do.</summary>
public static class StreamingClientFiles
{
    extension(StreamingClient client)
    {
        /// <summary>Copies to and from this container.</summary>
        /// <param name="pod">Where.</param>
        public PodFiles Files(PodReference pod) => new(client, pod);
    }
}
