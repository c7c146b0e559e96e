namespace Fairlead.Files.Shells;

/// <summary>What runs in the container has said nothing for too long. Pings answer for the server, never for a shell behind it.</summary>
sealed class ShellSilentException(TimeSpan limit) : TimeoutException(
    $"nothing came from the shell in the container for {limit.TotalSeconds:0.#} s");
