// A pods API whose containers are none: their commands are methods of this program. kubectl and every client of Kubernetes can run them.
//   dotnet run --project samples/own-server -- own.kubeconfig &
//   printf 'hello' | kubectl --kubeconfig own.kubeconfig exec -i room -- upper
using System.Net;
using System.Security.Cryptography;
using Fairlead.Samples.OwnServer;
using Fairlead.Server;
using Fairlead.Server.Access;
using Fairlead.Server.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

string kubeconfig = args.FirstOrDefault() ?? "own.kubeconfig";
using EphemeralCertificate certificate = EphemeralCertificate.Create(IPAddress.Loopback, "own-server");
WebApplicationBuilder builder = WebApplication.CreateBuilder();
builder.Logging.ClearProviders(); // the framework's own log shows queries, and a query holds the command
builder.WebHost.ConfigureKestrel(kestrel =>
{
    PodsApiKestrel.Configure(kestrel);
    kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(certificate.Server));
});
await using WebApplication application = builder.Build();

// Who may do what: there is nobody else. A real server takes its users from somewhere, or asks by Authenticate and Authorize.
ApiUser user = new()
{
    Name = "you",
    Token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)),
    Rules = [ApiRule.Everything],
};
Rooms rooms = new();
application.MapPodsApi(rooms, rooms, new PodsApiOptions { Users = [user] });

await application.StartAsync();
await OwnerOnlyFile.WriteAsync(
    kubeconfig, ServerKubeconfig.Format(StreamingHost.AddressesOf(application)[0], certificate.AuthorityPem, [user], "own-server"), default);
Console.WriteLine("ready");
await application.WaitForShutdownAsync();
