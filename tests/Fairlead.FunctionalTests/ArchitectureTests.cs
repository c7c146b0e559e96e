using System.Reflection;
using Fairlead.Testing;
using Fairlead.Wire;
using Microsoft.Extensions.Logging;

namespace Fairlead.FunctionalTests;

/// <summary>The arrows of docs/architecture.md, read off the assemblies.</summary>
public sealed class ArchitectureTests
{
    static readonly string[] s_rooms = ["Wire", "Yaml", "Streaming", "Upgrades", "Client", "Files", "KubeConfig", "Extensions.DependencyInjection", "KubernetesClient", "Server", "HostProcesses", "Lab", "Lab.Testing", "Containerd", "Node", "Gateway"];

    [Theory]
    [InlineData("Wire")]
    [InlineData("Yaml", "Wire")]
    [InlineData("Streaming", "Wire")]
    [InlineData("Upgrades", "Wire", "Streaming")]
    [InlineData("Client", "Wire", "Streaming", "Upgrades")]
    [InlineData("Files", "Wire", "Streaming", "Upgrades", "Client")]
    [InlineData("KubeConfig", "Wire", "Yaml", "Streaming", "Upgrades", "Client")]
    [InlineData("Extensions.DependencyInjection", "Wire", "Streaming", "Upgrades", "Client", "KubeConfig")]
    [InlineData("KubernetesClient", "Wire", "Streaming", "Upgrades", "Client", "KubeConfig")]
    [InlineData("Server", "Wire", "Streaming")]
    [InlineData("HostProcesses", "Wire")]
    [InlineData("Lab", "Wire", "Yaml", "Streaming", "Server", "HostProcesses")]
    [InlineData("Lab.Testing", "Wire", "Streaming", "Upgrades", "Client", "KubeConfig", "Server", "Lab")]
    [InlineData("Containerd", "Wire", "Streaming", "Upgrades", "Server", "HostProcesses")]
    [InlineData("Node", "Wire", "Yaml", "Streaming", "Upgrades", "Server", "HostProcesses", "Containerd")]
    [InlineData("Gateway", "Wire", "Streaming", "Upgrades", "Server")]
    public void A_room_sees_only_the_rooms_below_it(string room, params string[] below)
    {
        IEnumerable<string> seen = References(room).Where(name => name.StartsWith("Fairlead.", StringComparison.Ordinal)).Select(name => name["Fairlead.".Length..]);
        Assert.All(seen, name => Assert.Contains(name, below));
    }

    [Fact, Trait("Case", "D3")]
    public void A_users_program_meets_no_second_Kubernetes_library()
    {
        foreach (string room in s_rooms.Except(["KubernetesClient"])) // which is for those who have it
            Assert.DoesNotContain(References(room), static name => name.StartsWith("KubernetesClient", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Wire")]
    [InlineData("Yaml")]
    [InlineData("Streaming")]
    [InlineData("Upgrades")]
    [InlineData("Client")]
    [InlineData("Files")]
    [InlineData("KubeConfig")]
    [InlineData("Extensions.DependencyInjection")]
    [InlineData("KubernetesClient")]
    [InlineData("HostProcesses")]
    public void What_needs_no_server_does_not_see_the_web_server(string room) =>
        Assert.DoesNotContain(References(room), name => name.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal));

    [Fact]
    public void Wire_is_pure()
    {
        string[] forbidden = ["System.Net", "System.Threading", "System.IO.Pipelines", "Microsoft.Extensions"];
        Assert.All(References("Wire"), name => Assert.DoesNotContain(forbidden, prefix => name.StartsWith(prefix, StringComparison.Ordinal)));
    }

    /// <summary>A string goes to a log as it is, and may have come from anybody; a <see cref="PeerText"/> makes itself fit to show.</summary>
    [Fact, Trait("Case", "B6")]
    public void No_room_logs_a_string_as_it_is()
    {
        MethodInfo[] logged = [.. s_rooms.SelectMany(room => Assembly.Load("Fairlead." + room).GetTypes())
            .SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic))
            .Where(method => method.GetCustomAttribute<LoggerMessageAttribute>() is not null)];
        Assert.NotEmpty(logged);
        Assert.All(logged, method => Assert.All(method.GetParameters(), taken => Assert.NotEqual(typeof(string), taken.ParameterType)));
    }

    /// <summary>Nor does an exception: whatever its message is made of, it can be printed.</summary>
    [Fact, Trait("Case", "B6")]
    public void The_message_of_every_exception_of_ours_is_fit_to_show()
    {
        Type[] exceptions = [.. s_rooms.SelectMany(room => Assembly.Load("Fairlead." + room).GetTypes()).Where(type => type.IsSubclassOf(typeof(Exception)) && !type.IsAbstract)];
        int made = 0;
        foreach (ConstructorInfo constructor in exceptions.SelectMany(type => type.GetConstructors(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)))
        {
            ParameterInfo[] taken = constructor.GetParameters();
            if (!taken.Any(parameter => parameter.ParameterType == typeof(string))) continue;
            object?[] given = [.. taken.Select(parameter => Of(parameter.ParameterType))];
            HostileText.RequireShown(((Exception)constructor.Invoke(given)).Message.Split("\n\n")[0]); // a plugin's hint has lines of its own
            made++;
        }

        Assert.InRange(made, 10, 100);

        static object? Of(Type type) =>
            type == typeof(string) ? HostileText.All
            : type == typeof(PeerText) ? new PeerText(HostileText.All)
            : type.IsValueType ? Activator.CreateInstance(type) : null;
    }

    static IEnumerable<string> References(string room) =>
        Assembly.Load("Fairlead." + room).GetReferencedAssemblies().Select(name => name.Name!);
}
