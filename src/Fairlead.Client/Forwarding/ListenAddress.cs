using System.Net;

namespace Fairlead.Client.Forwarding;

/// <summary>An address that a forward listens on.</summary>
/// <param name="Address">The address.</param>
/// <param name="MayBeMissing">It is one of <c>localhost</c>'s two, and a machine without its family does without it.</param>
readonly record struct ListenAddress(IPAddress Address, bool MayBeMissing)
{
    /// <summary>Reads addresses, each of which is listened on once: not again beside one that stands for all of its family.</summary>
    /// <exception cref="ArgumentException">There is none, or one is neither an IP address nor <c>localhost</c>.</exception>
    internal static IReadOnlyList<ListenAddress> Read(IReadOnlyList<string> names)
    {
        ListenAddress[] all = [.. names.SelectMany(Read)];
        if (all.Length == 0)
            throw new ArgumentException($"{nameof(ForwardOptions)}.{nameof(ForwardOptions.Addresses)} names no address to listen on.");
        return
        [
            .. all.GroupBy(static one => one.Address)
                .Select(static same => new ListenAddress(same.Key, same.All(static one => one.MayBeMissing)))
                .Where(one => IsWildcard(one.Address)
                    || !all.Any(other => IsWildcard(other.Address) && other.Address.AddressFamily == one.Address.AddressFamily)),
        ];
    }

    static IEnumerable<ListenAddress> Read(string name)
    {
        if (name == "localhost") return [new ListenAddress(IPAddress.Loopback, true), new ListenAddress(IPAddress.IPv6Loopback, true)];
        if (!IPAddress.TryParse(name, out IPAddress? address))
            throw new ArgumentException(
                $"\"{name}\" in {nameof(ForwardOptions)}.{nameof(ForwardOptions.Addresses)} is neither an IP address nor localhost.");
        return [new ListenAddress(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address, false)];
    }

    static bool IsWildcard(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);
}
