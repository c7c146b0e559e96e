namespace Fairlead.Server.Commands;

/// <summary>What becomes of an exec's command when its client was lost before the command ended.</summary>
public enum LostClientPolicy
{
    /// <summary>Everything that the command started is ended: SIGTERM, a grace, SIGKILL, until none is left.</summary>
    Kill = 0,

    /// <summary>
    /// The command gets SIGHUP, as from a terminal that was closed, in the lab with its whole group; what ignores it lives on.
    /// </summary>
    HangUp,

    /// <summary>The command goes on; its output is dropped and its input ends.</summary>
    Keep,
}
