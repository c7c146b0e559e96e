using Fairlead;
using Fairlead.Lab.Testing;
using Xunit;

namespace Sample.LabTest;

/// <summary>How a program of yours deals with a network that fails, tried without a cluster.</summary>
public sealed class LossTests
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>What is to be tested: counts rows in a pod, and tries once more when it cannot know whether it was done.</summary>
    static async Task<int> CountRowsAsync(StreamingClient client, PodReference pod, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                CommandResult counted = await client.RunAsync(pod, ["sh", "-c", "sleep 0.2; seq 42 | wc -l"], cancellationToken: cancellationToken);
                return int.Parse(counted.Output, System.Globalization.CultureInfo.InvariantCulture);
            }
            catch (FairleadException e) when (e is SessionLostException or ServerUnreachableException && attempt < 3)
            {
                // cut while it ran, or while it was asked for: to count again does no harm
            }
        }
    }

    [Fact]
    public async Task Rows_are_counted_although_the_connection_is_cut()
    {
        await using Lab lab = await Lab.StartAsync(cancellationToken: Token);
        using StreamingClient client = lab.CreateClient();
        Task<int> counting = CountRowsAsync(client, new("demo"), Token);
        while (!counting.IsCompleted && lab.CutConnections() == 0) await Task.Delay(10, Token); // as soon as there is one
        Assert.Equal(42, await counting);
    }

    [Fact]
    public async Task A_far_and_old_server_is_no_different()
    {
        await using Lab lab = await Lab.StartAsync(cancellationToken: Token);
        lab.Delay(TimeSpan.FromMilliseconds(20));
        lab.SpeakOnly(Transport.Spdy);
        using StreamingClient client = lab.CreateClient();
        Assert.Equal(42, await CountRowsAsync(client, new("demo"), Token));
    }
}
