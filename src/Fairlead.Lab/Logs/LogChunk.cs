namespace Fairlead.Lab.Logs;

/// <summary>One piece of a container's output. Unchanged once in the log, except that a next one follows it.</summary>
sealed class LogChunk(byte[] data, DateTimeOffset time, bool isError)
{
    /// <summary>What a piece costs beside its bytes, so that many small ones are bounded too.</summary>
    const int Overhead = 128;

    /// <summary>Its place in all that the run has printed.</summary>
    internal long Offset { get; set; }

    internal byte[] Data { get; } = data;

    internal DateTimeOffset Time { get; } = time;

    /// <summary>It is error output.</summary>
    internal bool IsError { get; } = isError;

    /// <summary>The piece after it, once there is one. Written under the log's lock.</summary>
    internal LogChunk? Next { get; set; }

    internal long End => Offset + Data.Length;

    internal int Cost => Data.Length + Overhead;
}
