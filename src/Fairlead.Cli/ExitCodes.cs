namespace Fairlead.Cli;

/// <summary>What the process says at its end, beside the remote command's own codes. Scripts rely on them: they do not change.</summary>
static class ExitCodes
{
    /// <summary>All went well.</summary>
    public const int Success = 0;

    /// <summary>Anything that went wrong before or beside the remote command: usage, kubeconfig, refusals. As kubectl.</summary>
    public const int Failure = 1;

    /// <summary>What reads the output went away: 128 and SIGPIPE, as a shell shows it for kubectl.</summary>
    public const int OutputClosed = 141;

    /// <summary>The session was lost before its status: whether the command finished is not known.</summary>
    public const int SessionLost = 255;

    /// <summary>The same for people, under the help of the verbs that run sessions.</summary>
    public const string Help = """
        Exit codes:
          N       the remote command's own code
          1       it could not be run: usage, kubeconfig, no permission, no such pod
          128+N   fairlead itself was ended by signal N
          141     the reader of the output went away
          255     the session was lost: whether the command finished is not known
        """;
}
