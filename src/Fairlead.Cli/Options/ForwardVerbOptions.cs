using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Net;
using Fairlead.Cli.CommandLine;
using Fairlead.Wire.PortForward;

namespace Fairlead.Cli.Options;

/// <summary>The options of port-forward.</summary>
sealed class ForwardVerbOptions
{
    public CarrierOptions Carrier { get; } = new();

    public Option<IReadOnlyList<string>> Addresses { get; } = new("--address")
    {
        HelpName = "LIST",
        Description = "IP addresses to listen on, by comma; localhost is 127.0.0.1 and ::1 (default localhost)",
        DefaultValueFactory = _ => ["localhost"],
        CustomParser = ParseAddresses,
    };

    public Option<bool> FailWhenLost { get; } = new(
        "--fail-when-lost")
    { Description = "End with code 1 when the connection is lost, instead of connecting again" };

    public Option<TimeSpan> RedialTimeout { get; } =
        CarrierOptions.Duration("--redial-timeout", Timeout.InfiniteTimeSpan,
            "Give up, with code 1, when connecting again takes longer (default: never)");

    public Option<int> MostConnections { get; } = new("--max-connections")
    {
        HelpName = "N",
        Description = "How many local connections are open at once; further ones wait (default 1000)",
        DefaultValueFactory = _ => 1000,
        CustomParser = ParseCount,
    };

    public Option<IReadOnlyList<PortForwardProtocol>?> Protocols { get; } = new("--protocol")
    {
        HelpName = "LIST",
        Description = "Advanced: the forms of port-forward that may be used, by comma, the best first (none: no subprotocol)",
        CustomParser = result =>
            ProtocolList.Parse(result, [.. PortForwardProtocol.All.Select(protocol => (protocol.Name, protocol))], "form of port-forward"),
    };

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[Addresses, FailWhenLost, RedialTimeout, MostConnections]) command.Add(option);
        Carrier.AddTo(command);
        command.Add(Protocols);
    }

    static List<string> ParseAddresses(ArgumentResult result)
    {
        List<string> addresses = [];
        foreach (string address in result.Tokens.SelectMany(token => token.Value.Split(',', StringSplitOptions.TrimEntries)))
        {
            if (address != "localhost" && !IPAddress.TryParse(address, out _))
                result.AddError($"\"{address}\" is neither an IP address nor localhost");
            if (!addresses.Contains(address)) addresses.Add(address);
        }

        return addresses;
    }

    static int ParseCount(ArgumentResult result)
    {
        string text = result.Last;
        if (int.TryParse(text, CultureInfo.InvariantCulture, out int count) && count > 0) return count;
        result.AddError($"\"{text}\" is not a number above 0");
        return 1;
    }
}
