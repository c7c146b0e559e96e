// HTTP to a port of a pod, without a local port: each connection of the HttpClient is a stream into the pod.
//   dotnet run --project samples/http -- svc/web 80 /healthz
using System.Globalization;
using Fairlead;

using StreamingClient client = StreamingClient.FromKubeconfig();
PodReference pod = PodReference.Parse(args.FirstOrDefault() ?? "demo");
int port = int.Parse(args.ElementAtOrDefault(1) ?? "80", CultureInfo.InvariantCulture);

using SocketsHttpHandler intoThePod = new()
{
    ConnectCallback = async (_, cancellationToken) => await client.ConnectAsync(pod, port, cancellationToken: cancellationToken),
    UseProxy = false,
};
using HttpClient http = new(intoThePod) { BaseAddress = new Uri("http://pod") };
Console.WriteLine(await http.GetStringAsync(new Uri(args.ElementAtOrDefault(2) ?? "/", UriKind.Relative)));
