namespace Fairlead.Files.Shells;

/// <summary>The shell's output has ended before the line that was to be read.</summary>
sealed class ShellEndedException() : IOException("The shell in the container has ended.");
