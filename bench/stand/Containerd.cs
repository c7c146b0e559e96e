using System.IO.Pipelines;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Fairlead.Containerd.Cri;
using Fairlead.Streaming;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Testing.Containerd;
using Fairlead.Upgrades;
using Fairlead.Upgrades.RemoteCommand;
using Grpc.Net.Client;
using Microsoft.Win32.SafeHandles;

namespace Fairlead.Stand;

/// <summary>A containerd with one pod, and a client that reaches its own streaming server without anything in between.</summary>
static class Containerd
{
    /// <summary>Runs one until the input ends; says where it is, or why there is none here.</summary>
    public static async Task ServeAsync()
    {
        if (ContainerdProcess.MissingBecause is { } reason)
        {
            Console.WriteLine($"skipped {reason}");
            return;
        }

        await using ContainerdProcess containerd = await ContainerdProcess.StartAsync();
        ContainerdPod pod = await containerd.RunPodAsync();
        JsonObject where = new() { ["pid"] = containerd.Id, ["socket"] = containerd.Socket, ["container"] = pod.ContainerId, ["state"] = Path.Combine(containerd.Folder.Root, "node") };
        Console.WriteLine($"ready {where.ToJsonString()}");
        await Input.EndsAsync();
    }

    /// <summary>Runs a command as the cri route of a node would: asks the CRI for a URL, and dials that by SPDY, which is all that its server knows whole.</summary>
    /// <returns>The command's exit code.</returns>
    public static async Task<int> ExecAsync(string socket, string container, bool input, string[] command)
    {
        using GrpcChannel channel = GrpcChannel.ForAddress("http://containerd", new GrpcChannelOptions
        {
            HttpHandler = new SocketsHttpHandler { ConnectCallback = (_, cancellationToken) => ConnectAsync(socket, cancellationToken) },
            DisposeHttpClient = true,
        });
        ExecResponse answer = await new RuntimeService.RuntimeServiceClient(channel).ExecAsync(new() { ContainerId = container, Cmd = { command }, Stdin = input, Stdout = true, Stderr = true });
        RemoteCommandRequest request = new() { Command = command, Stdin = input, Stdout = true, Stderr = true };
        using KubernetesEndpoint endpoint = new(new Uri("http://localhost"), new SocketsHttpHandler { UseProxy = false });
        using UpgradeDialer dialer = new(endpoint, new TransportMemory(null));
        UpgradedConnection connection = await dialer.DialAsync(new Uri(answer.Url), request, new RemoteCommandOptions { Transport = Transport.Spdy, NoRetry = true });
        await using AskingSession session = new(await connection.AskAsync(request, CarrierLimits.Default), request);
        await using Stream here = new FileStream(new SafeFileHandle(0, ownsHandle: false), FileAccess.Read, bufferSize: 0);
        await using Stream there = Console.OpenStandardOutput(); // also where it is a file that others write to
        Task sending = input ? SendAsync(here, session.StandardInput) : Task.CompletedTask;
        await session.StandardOutput.CopyToAsync(there);
        await sending;
        return (await session.Status).TryGetExitCode(out int code) ? code : 1;
    }

    static async Task SendAsync(Stream from, PipeWriter to)
    {
        await from.CopyToAsync(to);
        await to.CompleteAsync();
    }

    static async ValueTask<Stream> ConnectAsync(string path, CancellationToken cancellationToken)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
        return new NetworkStream(socket, ownsSocket: true);
    }
}
