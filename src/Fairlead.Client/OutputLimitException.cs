namespace Fairlead;

/// <summary>An output was longer than the caller would keep. A command that was run for it was given up.</summary>
public sealed class OutputLimitException : FairleadException
{
    /// <summary>Creates it.</summary>
    /// <param name="mostBytes">The limit.</param>
    internal OutputLimitException(int mostBytes) : base($"The output is longer than {mostBytes} bytes.") => MostBytes = mostBytes;

    /// <summary>The limit, in bytes.</summary>
    public int MostBytes { get; }
}
