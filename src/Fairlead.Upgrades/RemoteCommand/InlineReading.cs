namespace Fairlead.Upgrades.RemoteCommand;

/// <summary>
/// For programs of ours whose readers never block. It is none of the options, where somebody would set it who knows less.
/// </summary>
public static class InlineReading
{
    /// <summary>
    /// Whoever reads an output goes on inside the session's read loop when something has arrived, rather than on a pool thread: one
    /// hand-over less. What such a reader does next must not block. Over WebSocket; without effect otherwise.
    /// </summary>
    /// <param name="options">The options.</param>
    /// <typeparam name="T">Their own type.</typeparam>
    public static T ReadInline<T>(this T options) where T : RemoteCommandOptions =>
        (T)((RemoteCommandOptions)options with { InlineReaders = true });
}
