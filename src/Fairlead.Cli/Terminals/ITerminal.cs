using Fairlead.Wire;

namespace Fairlead.Cli.Terminals;

/// <summary>The user's terminal while every key of it goes to the remote side. Disposing it gives it back as it was.</summary>
interface ITerminal : IDisposable
{
    /// <summary>How many columns and rows it shows; null where it does not say.</summary>
    TerminalSize? Size { get; }

    /// <summary>What is typed, as the bytes that a Unix terminal sends. Owned by the terminal.</summary>
    Stream Input { get; }

    /// <summary>Has <paramref name="look"/> called whenever the size may be another one, until what is returned is disposed.</summary>
    IDisposable WatchSize(Action look);
}
