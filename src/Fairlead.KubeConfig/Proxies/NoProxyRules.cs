using System.Globalization;
using System.Net;

namespace Fairlead.KubeConfig.Proxies;

/// <summary>
/// The hosts of NO_PROXY, read as kubectl reads them: names with their subdomains, <c>.name</c> for subdomains only, addresses,
/// CIDR ranges, any of the names and addresses with a port, and <c>*</c> for all. Loopback never takes an environment's proxy.
/// </summary>
sealed class NoProxyRules
{
    readonly List<Rule> _rules = [];
    bool _all;

    readonly record struct Rule(string? Name, bool SubdomainsOnly, IPAddress? Address, IPNetwork? Network, int? Port);

    public static NoProxyRules Parse(string text)
    {
        NoProxyRules rules = new();
        foreach (string entry in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)) rules.Add(entry);
        return rules;
    }

    void Add(string entry)
    {
        if (entry == "*")
        {
            _all = true;
        }
        else if (IPNetwork.TryParse(entry, out IPNetwork network))
        {
            _rules.Add(new Rule(null, false, null, network, null));
        }
        else if (IPAddress.TryParse(entry, out IPAddress? bare))
        {
            _rules.Add(new Rule(null, false, bare, null, null));
        }
        else
        {
            (string host, int? port) = SplitPort(entry);
            if (IPAddress.TryParse(host, out IPAddress? address))
            {
                _rules.Add(new Rule(null, false, address, null, port));
                return;
            }

            if (host.StartsWith("*.", StringComparison.Ordinal)) host = host[1..];
            bool subdomainsOnly = host.StartsWith('.');
            string name = host.Trim('.');
            if (name.Length > 0) _rules.Add(new Rule(name, subdomainsOnly, null, null, port));
        }
    }

    static (string Host, int? Port) SplitPort(string entry)
    {
        int colon = entry.LastIndexOf(':');
        return colon > 0 && int.TryParse(entry.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int port)
            ? (entry[..colon].Trim('[', ']'), port)
            : (entry.Trim('[', ']'), null);
    }

    /// <summary>True where this server is to be reached without the environment's proxy.</summary>
    public bool Covers(Uri server)
    {
        string host = server.IdnHost.TrimEnd('.');
        IPAddress? address = IPAddress.TryParse(host.Trim('[', ']'), out IPAddress? parsed) ? parsed : null;
        if (_all || host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (address is not null && IPAddress.IsLoopback(address)))
            return true;

        foreach (Rule rule in _rules)
        {
            if (rule.Port is { } port && port != server.Port) continue;
            if (address is null ? MatchesName(rule, host) : rule.Network?.Contains(address) == true || address.Equals(rule.Address))
                return true;
        }

        return false;
    }

    static bool MatchesName(Rule rule, string host) =>
        rule.Name is { } name
        && (host.EndsWith("." + name, StringComparison.OrdinalIgnoreCase)
            || (!rule.SubdomainsOnly && host.Equals(name, StringComparison.OrdinalIgnoreCase)));
}
