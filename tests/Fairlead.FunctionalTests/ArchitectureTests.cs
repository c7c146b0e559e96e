using System.Reflection;

namespace Fairlead.FunctionalTests;

/// <summary>The arrows of docs/architecture.md, read off the assemblies.</summary>
public sealed class ArchitectureTests
{
    static readonly string[] s_rooms = ["Wire", "Streaming", "Client", "KubeConfig", "Server", "Processes", "Containerd", "Gateway"];

    [Theory]
    [InlineData("Wire")]
    [InlineData("Streaming", "Wire")]
    [InlineData("Client", "Wire", "Streaming")]
    [InlineData("KubeConfig", "Wire", "Streaming", "Client")]
    [InlineData("Server", "Wire", "Streaming")]
    [InlineData("Processes", "Wire", "Streaming", "Server")]
    [InlineData("Containerd", "Wire", "Streaming", "Client", "Server", "Processes")]
    [InlineData("Gateway", "Wire", "Streaming", "Client", "Server")]
    public void A_room_sees_only_the_rooms_below_it(string room, params string[] below)
    {
        IEnumerable<string> seen = References(room).Where(name => name.StartsWith("Fairlead.", StringComparison.Ordinal)).Select(name => name["Fairlead.".Length..]);
        Assert.All(seen, name => Assert.Contains(name, below));
    }

    [Fact]
    public void Only_KubeConfig_sees_KubernetesClient()
    {
        foreach (string room in s_rooms)
            Assert.Equal(room == "KubeConfig", References(room).Any(name => name.StartsWith("KubernetesClient", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("Wire")]
    [InlineData("Streaming")]
    [InlineData("Client")]
    [InlineData("KubeConfig")]
    public void What_a_client_installs_does_not_see_the_web_server(string room) =>
        Assert.DoesNotContain(References(room), name => name.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal));

    [Fact]
    public void Wire_is_pure()
    {
        string[] forbidden = ["System.Net", "System.Threading", "System.IO.Pipelines", "Microsoft.Extensions"];
        Assert.All(References("Wire"), name => Assert.DoesNotContain(forbidden, prefix => name.StartsWith(prefix, StringComparison.Ordinal)));
    }

    static IEnumerable<string> References(string room) =>
        Assembly.Load("Fairlead." + room).GetReferencedAssemblies().Select(name => name.Name!);
}
