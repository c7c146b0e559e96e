// A database in a pod, for a driver that wants a host and a port: a forward listens here and joins each connection to the pod's port.
//   dotnet run --project samples/npgsql -- svc/db 5432 "Username=app;Database=shop"
using System.Globalization;
using System.Net;
using Fairlead;
using Npgsql;

using StreamingClient client = StreamingClient.FromKubeconfig();
PodReference pod = PodReference.Parse(args.FirstOrDefault() ?? "demo");
int port = int.Parse(args.ElementAtOrDefault(1) ?? "5432", CultureInfo.InvariantCulture);

// Port 0: the system picks a free one. The forward outlives its connection: after a loss it dials again, and the driver's pool does the rest.
await using PortForward forward = await client.ForwardAsync(pod, [new(local: 0, remote: port)], new() { Observer = Tell });
IPEndPoint local = (IPEndPoint)forward.Ports[0].Local;

NpgsqlConnectionStringBuilder settings = new(args.ElementAtOrDefault(2) ?? "Username=postgres");
(settings.Host, settings.Port) = (local.Address.ToString(), local.Port);
await using NpgsqlDataSource database = NpgsqlDataSource.Create(settings);
await using NpgsqlCommand sum = database.CreateCommand("select sum(n) from generate_series(1, 100) as n");
Console.WriteLine(await sum.ExecuteScalarAsync());

// The driver sees a connection that was reset; what the server said of a port that nobody listens on is here.
static void Tell(ForwardEvent what)
{
    if (what.Error is { } error) Console.Error.WriteLine($"{what.Kind}: {error.Message}");
}
