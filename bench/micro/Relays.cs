using System.Buffers.Binary;
using System.IO.Pipelines;
using BenchmarkDotNet.Attributes;
using Fairlead.Streaming;
using Fairlead.Streaming.Relays;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Streaming.Spdy;
using Fairlead.Streaming.WebSockets;
using Fairlead.Wire;

namespace Fairlead.Benchmarks;

/// <summary>
/// What a gateway does with one message of 32 KiB of output, in memory: a server's ready-made v5 frames go in, what comes out towards the
/// client is dropped. No sockets and no TLS.
/// </summary>
[MemoryDiagnoser]
public class Relays
{
    /// <summary>Messages a call, so that the call's own task does not count.</summary>
    public const int Messages = 1000;

    const int Payload = 32 * 1024 - 16, HeaderLength = 4;

    static readonly RemoteCommandRequest s_request = new() { Command = ["cat"], Stdout = true };

    readonly byte[] _frame = new byte[HeaderLength + 1 + Payload], _drain = new byte[64 * 1024];
    readonly List<Action> _cuts = [];
    MemoryConnection _splicedServer = null!, _splicedClient = null!, _translatedServer = null!, _translatedClient = null!, _spdyServer = null!;
    SpdyRemoteCommand _spdyClient = null!;

    [GlobalSetup]
    public void Open()
    {
        (_frame[0], _frame[1]) = (0x82, 126); // a whole binary message, its length in the next two bytes
        BinaryPrimitives.WriteUInt16BigEndian(_frame.AsSpan(2), 1 + Payload);
        _frame[HeaderLength] = (byte)RemoteChannel.StandardOutput;

        (MemoryConnection server, _splicedServer) = MemoryConnection.Create();
        (MemoryConnection client, _splicedClient) = MemoryConnection.Create();
        CommandObserver observer = new(RemoteCommandProtocol.V5, new RelayTraffic(), WithheldWords.None);
        WebSocketSplice splice = new(observer, client, CarrierLimits.Default, server, CarrierLimits.Default, client.Dispose, CancellationToken.None);
        _ = splice.RunAsync();

        (server, _translatedServer) = MemoryConnection.Create();
        (client, _translatedClient) = MemoryConnection.Create();
        Translate(server, WebSocketRemoteCommand.Answer(client, RemoteCommandProtocol.V4, s_request, CarrierLimits.Default));

        (server, _spdyServer) = MemoryConnection.Create();
        (client, MemoryConnection far) = MemoryConnection.Create();
        Task<SpdyRemoteCommand> asking = SpdyRemoteCommand.AskAsync(far, RemoteCommandProtocol.SpdyV4, s_request, CarrierLimits.Default);
        Translate(server, SpdyRemoteCommand.AnswerAsync(client, RemoteCommandProtocol.SpdyV4, s_request, CarrierLimits.Default).GetAwaiter().GetResult());
        _spdyClient = asking.GetAwaiter().GetResult();
    }

    /// <summary>Equal versions: bytes pass, and are watched.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = Messages)]
    public Task Splice() => PassAsync(_splicedServer, _splicedClient);

    /// <summary>v5 at the server, v4 at the client: decoded and framed anew.</summary>
    [Benchmark(OperationsPerInvoke = Messages)]
    public Task Translate() => PassAsync(_translatedServer, _translatedClient);

    /// <summary>v5 at the server, SPDY at the client; the client's own reading, which returns the window, counts too.</summary>
    [Benchmark(OperationsPerInvoke = Messages)]
    public async Task TranslateToSpdy()
    {
        Task sending = SendAsync(_spdyServer);
        PipeReader output = _spdyClient.GetReader(RemoteChannel.StandardOutput);
        for (long left = (long)Messages * Payload; left > 0;)
        {
            ReadResult result = await output.ReadAsync();
            left -= result.Buffer.Length;
            output.AdvanceTo(result.Buffer.End);
        }

        await sending;
    }

    void Translate(MemoryConnection server, RemoteCommandAdapter client)
    {
        AskingSession asking = new(WebSocketRemoteCommand.Ask(server, RemoteCommandProtocol.V5, s_request, CarrierLimits.Default), s_request);
        AnsweringSession answering = new(client, s_request);
        _ = new RemoteCommandRelay(answering, asking, new RelayTraffic()).RunAsync();
        _cuts.Add(() => asking.Abort("The benchmark is over."));
    }

    /// <summary>All frames are of one length on both sides: as much as went in has come out when the last one has.</summary>
    async Task PassAsync(MemoryConnection server, MemoryConnection client)
    {
        Task sending = SendAsync(server);
        for (long left = (long)Messages * _frame.Length; left > 0;) left -= await client.ReadAsync(_drain);
        await sending;
    }

    async Task SendAsync(MemoryConnection server)
    {
        for (int i = 0; i < Messages; i++) await server.WriteAsync(_frame);
    }

    [GlobalCleanup]
    public void Close()
    {
        foreach (Action cut in _cuts) cut();
        _splicedServer.Dispose();
    }
}
