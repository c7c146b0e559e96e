using System.Net;
using System.Net.Sockets;

namespace Fairlead.InteropTests.Windows;

/// <summary>The test's end of <c>StartupHook</c>: says what is done at the console of a command that wine runs.</summary>
sealed class ConsoleSeat : IDisposable
{
    readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    TcpClient? _command;
    StreamReader? _answers;

    internal ConsoleSeat() => _listener.Start();

    /// <summary>What the command is started with, so that it comes here.</summary>
    internal IEnumerable<KeyValuePair<string, string?>> Environment =>
    [
        new("DOTNET_STARTUP_HOOKS", WindowsFixture.There(Path.Combine(AppContext.BaseDirectory, "Fairlead.Testing.dll"))),
        new("FAIRLEAD_TEST_CONSOLE", $"{((IPEndPoint)_listener.LocalEndpoint).Port}"),
    ];

    /// <summary>Has something done, and waits until it is.</summary>
    internal async Task DoAsync(string line)
    {
        await BeginAsync(line);
        Assert.Equal("done", await _answers!.ReadLineAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>Has something done that may end whoever would say that it is.</summary>
    internal async Task BeginAsync(string line)
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        _command ??= await _listener.AcceptTcpClientAsync(cancellationToken);
        _answers ??= new StreamReader(_command.GetStream());
        await _command.GetStream().WriteAsync(System.Text.Encoding.ASCII.GetBytes(line + "\n"), cancellationToken);
    }

    public void Dispose()
    {
        _answers?.Dispose();
        _command?.Dispose();
        _listener.Dispose();
    }
}
