using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using BenchmarkDotNet.Attributes;
using Fairlead.Streaming;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Streaming.WebSockets;
using Fairlead.Wire;

namespace Fairlead.Benchmarks;

/// <summary>One message of a session over WebSocket on loopback, from the writer of one side to the reader of the other.</summary>
[MemoryDiagnoser]
public class SessionMessages
{
    /// <summary>Messages a call, so that the call's own task does not count.</summary>
    public const int Messages = 1000;

    const int Length = 32 * 1024 - 16;

    WebSocketRemoteCommand _asking = null!, _answering = null!;

    [GlobalSetup]
    public void Open()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        TcpClient client = new() { NoDelay = true };
        client.Connect((IPEndPoint)listener.LocalEndpoint);
        TcpClient server = listener.AcceptTcpClient();
        server.NoDelay = true;
        RemoteCommandRequest request = new() { Command = ["cat"], Stdin = true, Stdout = true };
        _asking = WebSocketRemoteCommand.Ask(client.GetStream(), RemoteCommandProtocol.V5, request, CarrierLimits.Default);
        _answering = WebSocketRemoteCommand.Answer(server.GetStream(), RemoteCommandProtocol.V5, request, CarrierLimits.Default);
    }

    [Benchmark(OperationsPerInvoke = Messages)]
    public Task Output() => PassAsync(_answering.GetWriter(RemoteChannel.StandardOutput), _asking.GetReader(RemoteChannel.StandardOutput));

    [Benchmark(OperationsPerInvoke = Messages)]
    public Task Input() => PassAsync(_asking.GetWriter(RemoteChannel.StandardInput), _answering.GetReader(RemoteChannel.StandardInput));

    static async Task PassAsync(PipeWriter writer, PipeReader reader)
    {
        for (int i = 0; i < Messages; i++)
        {
            writer.GetMemory(Length);
            writer.Advance(Length);
            await writer.FlushAsync();
            for (long left = Length; left > 0;)
            {
                ReadResult result = await reader.ReadAsync();
                left -= result.Buffer.Length;
                reader.AdvanceTo(result.Buffer.End);
            }
        }
    }

    [GlobalCleanup]
    public void Close()
    {
        SessionLostException over = new(SessionLoss.LocalAbort, "The benchmark is over.");
        _asking.Abort(over);
        _answering.Abort(over);
        _asking.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _answering.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }
}
