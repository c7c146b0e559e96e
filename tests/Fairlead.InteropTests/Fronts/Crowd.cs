using System.Text;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Upgrades;

namespace Fairlead.InteropTests.Fronts;

/// <summary>Sessions that say what they are told, half of them by SPDY.</summary>
sealed class Crowd : IAsyncDisposable
{
    readonly List<(AskingSession Session, StreamReader Output)> _sessions = [];

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static async Task<Crowd> StartAsync(FrontDoor door, UpgradeDialer dialer, ContainerdFrontFixture fixture, int count)
    {
        Crowd crowd = new();
        for (int i = 0; i < count; i++)
        {
            AskingSession session = await door.ExecAsync(dialer, i % 2 == 0 ? Transport.WebSocket : Transport.Spdy, fixture.Pod, "exec cat");
            crowd._sessions.Add((session, new StreamReader(session.StandardOutput.AsStream())));
        }

        return crowd;
    }

    public async Task EchoAsync(string word)
    {
        foreach ((AskingSession session, _) in _sessions) await session.StandardInput.WriteAsync(Encoding.ASCII.GetBytes(word + "\n"), Ct);
        foreach ((_, StreamReader output) in _sessions) Assert.Equal(word, await output.ReadLineAsync(Ct));
    }

    public void EndInputs(int first, int end)
    {
        foreach ((AskingSession session, _) in _sessions[first..end]) session.StandardInput.Complete();
    }

    public async Task AssertSucceededAsync()
    {
        foreach ((AskingSession session, _) in _sessions) Assert.True((await session.Status.WaitAsync(Ct)).IsSuccess);
    }

    /// <summary>Each ends by itself, and none as if its command had ended well.</summary>
    public async Task AssertLostAsync()
    {
        foreach ((AskingSession session, _) in _sessions)
        {
            try
            {
                Assert.False((await session.Status.WaitAsync(Ct)).IsSuccess);
            }
            catch (SessionLostException)
            {
                // said by the end of the connection alone
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach ((AskingSession session, _) in _sessions) await session.DisposeAsync();
    }
}
