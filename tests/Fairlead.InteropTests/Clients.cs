namespace Fairlead.InteropTests;

/// <summary>The clients that the same tests run with.</summary>
static class Clients
{
    /// <summary>Names for theories.</summary>
    public static TheoryData<string> All { get; } =
    [
        CommandLineClient.Fairlead, Peer.KubectlStable, Peer.KubectlNewest,
        CommandLineClient.FairleadSpdy, Peer.KubectlSpdy, CommandLineClient.KubectlNewestSpdy,
    ];

    /// <summary>Those that use SPDY.</summary>
    public static TheoryData<string> OverSpdy { get; } = [CommandLineClient.FairleadSpdy, Peer.KubectlSpdy, CommandLineClient.KubectlNewestSpdy];

    /// <summary>The kubectls alone.</summary>
    public static TheoryData<string> Kubectls { get; } = [Peer.KubectlStable, Peer.KubectlNewest];

    /// <summary>Finds it, or skips the test and says why.</summary>
    internal static CommandLineClient Require(string name)
    {
        CommandLineClient client = CommandLineClient.Find(name);
        Assert.SkipWhen(client.MissingBecause is not null, client.MissingBecause ?? "");
        return client;
    }
}
