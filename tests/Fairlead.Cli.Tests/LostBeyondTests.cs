using Fairlead.Cli.CommandLine;
using Fairlead.Streaming.Relays;
using Fairlead.Wire;

namespace Fairlead.Cli.Tests;

/// <summary>A session that was lost behind a gateway is a loss, as one that was lost in front of it.</summary>
public sealed class LostBeyondTests
{
    [Fact]
    [Trait("Case", "A6")]
    public void It_ends_with_255()
    {
        Status lost = SessionEndings.ServerLost(new SessionLostException(SessionLoss.ConnectionBroken, "the connection broke"));
        Failure told = Failure.Of(new RemoteCommandException(lost));
        Assert.Equal((ExitCodes.SessionLost, "the session was lost beyond this server: the connection broke; whether the command finished is not known"), (told.ExitCode, told.Message));
        Assert.Equal(ExitCodes.Failure, Failure.Of(new RemoteCommandException(SessionEndings.Draining)).ExitCode);
    }
}
