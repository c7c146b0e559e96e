using Fairlead.Cli.Forwards;
using Fairlead.Cli.Usage;
using Fairlead.KubeConfig.Targets;

namespace Fairlead.Cli.Tests;

public sealed class ForwardUsageTests
{
    [Theory]
    [InlineData("80", "port 1080", "80")]
    [InlineData("http", "port 1080", "http")]
    [InlineData("8080:80", "port 8080", "80")]
    [InlineData("8080:http", "port 8080", "http")]
    [InlineData(":80", "port 0", "80")]
    [InlineData("0:80", "port 0", "80")]
    [InlineData("./db.sock:5432", "./db.sock", "5432")]
    [InlineData("/tmp/a:b/db.sock:5432", "/tmp/a:b/db.sock", "5432")]
    public void A_port_is_read_as_kubectl_reads_it(string text, string local, string remote)
    {
        PortArgument port = PortArgument.Parse(text);
        LocalListener listener = port.Listener(new ResolvedPort(1080, 80)); // where none was named: the number that was asked for
        Assert.Equal((local, remote), (listener.ToString(), port.Remote));
    }

    [Theory]
    [InlineData("0", "invalid port format '0': remote port must be > 0")]
    [InlineData("80:0", "invalid port format '80:0': remote port must be > 0")]
    [InlineData("80:", "invalid port format '80:': write [LOCAL:]REMOTE")]
    [InlineData("65536", "invalid port format '65536': \"65536\" is neither a port number nor a name")]
    [InlineData("65536:80", "invalid port format '65536:80': \"65536\" is no local port; a Unix socket is written with a slash, as in ./65536:80")]
    [InlineData("db.sock:80", "invalid port format 'db.sock:80': \"db.sock\" is no local port; a Unix socket is written with a slash, as in ./db.sock:80")]
    [InlineData("127.0.0.1:80:80", "invalid port format '127.0.0.1:80:80': write [LOCAL:]REMOTE, and the address to listen on as --address")]
    [InlineData("80:/tmp/x", "invalid port format '80:/tmp/x': write [LOCAL:]REMOTE")]
    public void A_port_that_cannot_be_meant_is_refused(string text, string expected) =>
        Assert.Equal(expected, Assert.Throws<UsageException>(() => PortArgument.Parse(text)).Message);

    [Theory]
    [InlineData("port-forward", "error: TYPE/NAME and list of ports are required for port-forward\nSee 'fairlead port-forward --help' for help and examples\n")]
    [InlineData("port-forward web-0", "error: TYPE/NAME and list of ports are required for port-forward\nSee 'fairlead port-forward --help' for help and examples\n")]
    [InlineData("port-forward web-0 x:y:80", "error: invalid port format 'x:y:80': write [LOCAL:]REMOTE, and the address to listen on as --address\nSee 'fairlead port-forward --help' for help and examples\n")]
    [InlineData("port-forward web-0 80 --address here", "error: --address: \"here\" is neither an IP address nor localhost\nSee 'fairlead port-forward --help' for usage.\n")]
    [InlineData("port-forward web-0 80 --max-connections 0", "error: --max-connections: \"0\" is not a number above 0\nSee 'fairlead port-forward --help' for usage.\n")]
    [InlineData("port-forward --bogus web-0 80", "error: unknown flag: --bogus\nSee 'fairlead port-forward --help' for help and examples\n")]
    [InlineData("port-forward --kubeconfig /none/config web-0 80", "error: the kubeconfig /none/config does not exist\n")]
    public async Task A_line_that_cannot_be_meant_is_refused_with_code_1(string line, string expected)
    {
        CommandLines.Result result = await CommandLines.RunAsync(line.Split(' '));
        Assert.Equal((1, "", expected), (result.ExitCode, result.Output, result.Error));
    }
}
