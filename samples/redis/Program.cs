// Redis or Valkey in a pod, without a local port: the driver's Tunnel gives it streams instead of sockets.
//   dotnet run --project samples/redis -- svc/cache 6379
using System.Globalization;
using Fairlead;
using Fairlead.Samples.Redis;
using StackExchange.Redis;

using StreamingClient client = StreamingClient.FromKubeconfig();
PodReference pod = PodReference.Parse(args.FirstOrDefault() ?? "demo");
int port = int.Parse(args.ElementAtOrDefault(1) ?? "6379", CultureInfo.InvariantCulture);

ConfigurationOptions options = new() { EndPoints = { { "pod", port } }, Tunnel = new PodTunnel(client, pod, port) };
await using ConnectionMultiplexer redis = await ConnectionMultiplexer.ConnectAsync(options);
IDatabase database = redis.GetDatabase();
await database.StringSetAsync("greeting", "from the pod");
Console.WriteLine(await database.StringGetAsync("greeting"));
