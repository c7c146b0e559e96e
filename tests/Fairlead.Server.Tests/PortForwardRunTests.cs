using Fairlead.Server.Tests.Fakes;
using Fairlead.Testing;
using Fairlead.Wire.PortForward;

namespace Fairlead.Server.Tests;

/// <summary>A client that goes while the pod's port is still being reached, over each form: the pod's connection must not look like one that was finished.</summary>
public sealed class PortForwardRunTests
{
    public static TheoryData<string> Forms => [.. PortForwardProtocol.All.Select(form => form.Description)];

    [Theory, MemberData(nameof(Forms))]
    public async Task A_client_that_is_lost_before_the_port_is_reached_gives_up_the_way_there(string form)
    {
        await using ForwardScene scene = await ForwardScene.OpenAsync(form, Ct);
        scene.LoseClient();
        await scene.GivenUp.WaitAsync(Eventually.Patience, Ct);
        scene.Reached.SetCanceled(Ct);
        await scene.Running.WaitAsync(Eventually.Patience, Ct);
        string said = Assert.Single(scene.Log.Entries, static entry => entry.Text.StartsWith("No connection to port", StringComparison.Ordinal)).Text;
        Assert.Contains("the client is gone", said, StringComparison.Ordinal);
        Assert.DoesNotContain("did not answer within", said, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Forms))]
    public async Task A_port_that_is_reached_just_when_its_client_is_lost_is_reset(string form)
    {
        await using ForwardScene scene = await ForwardScene.OpenAsync(form, Ct);
        scene.LoseClient();
        await scene.GivenUp.WaitAsync(Eventually.Patience, Ct);
        scene.Reached.SetResult();
        await scene.AssertPodIsResetAsync(Ct);
    }

    [Theory, MemberData(nameof(Forms))]
    public async Task A_connection_that_is_aborted_before_the_port_is_reached_is_reset_there(string form)
    {
        await using ForwardScene scene = await ForwardScene.OpenAsync(form, Ct);
        await scene.AbortConnectionAsync();
        scene.Reached.SetResult();
        await scene.AssertPodIsResetAsync(Ct);
    }

    static CancellationToken Ct => TestContext.Current.CancellationToken;
}
