using Fairlead.Stand;

// What bench/run needs and the released command does not offer: servers without TLS or without processes, clients that hold thousands of
// sessions, and containerd reached directly. Every server writes a line "ready ..." and serves until its input ends.
switch (args)
{
    case ["pods", var kind, var protocols, var kubeconfig]: await Servers.PodsAsync(kind, protocols, kubeconfig); break;
    case ["gateway", var upstream, var transport, var kubeconfig]: await Servers.GatewayAsync(upstream, transport, kubeconfig); break;
    case ["containerd"]: await Containerd.ServeAsync(); break;
    case ["direct", var socket, var container, var input, "--", .. var command]: return await Containerd.ExecAsync(socket, container, input == "-i", command);
    case ["hold", var kubeconfig, var transport, ("terminal" or "pipe") and var input, var held, "--", .. var command]: await Sessions.HoldAsync(kubeconfig, transport, input, held, command); break;
    case ["cycle", var kubeconfig, var atOnce]: await Sessions.CycleAsync(kubeconfig, int.Parse(atOnce)); break;
    default:
        Console.Error.WriteLine("This is bench/run's own; see bench/stand/Program.cs.");
        return 2;
}

return 0;
