using System.Runtime.InteropServices;

namespace Fairlead.Streaming.RemoteCommand;

/// <summary>
/// A command whose bytes this process moves no more, and which can go on with the server's next process. Disposal ends the command: it
/// could not be handed on.
/// </summary>
public interface ISuspendedCommand : IAsyncDisposable
{
    /// <summary>By which its runtime finds it again. Opaque to everybody else.</summary>
    string Description { get; }

    /// <summary>What has to stay open until then, by short names. They stay this object's.</summary>
    IReadOnlyDictionary<string, SafeHandle> Descriptors { get; }

    /// <summary>It was handed on: this process lets go of it, and it runs on.</summary>
    ValueTask LetGoAsync();
}
