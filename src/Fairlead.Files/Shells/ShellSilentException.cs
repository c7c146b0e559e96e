namespace Fairlead.Files.Shells;

/// <summary>What runs in the container has said nothing for too long. Pings answer for the server, never for a shell behind it.</summary>
sealed class ShellSilentException : TimeoutException
{
    internal ShellSilentException(TimeSpan limit) : base($"nothing came from the shell in the container for {limit.TotalSeconds:0.#} s")
    {
    }

    internal ShellSilentException(TimeSpan waited, long bytes)
        : base($"no more than {bytes} bytes came from the shell in the container in {waited.TotalSeconds:0.#} s")
    {
    }
}
