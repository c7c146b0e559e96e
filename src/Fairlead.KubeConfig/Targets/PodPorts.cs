using System.Globalization;
using System.Text.Json;
using Fairlead.KubeConfig.Api;

namespace Fairlead.KubeConfig.Targets;

/// <summary>
/// Finds a pod's ports by kubectl's rules: numbers as they are, names of containers' ports, and a service's ports by what it says.
/// </summary>
/// <param name="pod">The pod.</param>
/// <param name="service">The service that led to it; null where the ports are the pod's own.</param>
sealed class PodPorts(Pod pod, PodOwner? service)
{
    /// <exception cref="TargetException">There is no such port, or it is a UDP port.</exception>
    public ResolvedPort Find(string port)
    {
        int? number = int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : null;
        if (service is null)
        {
            int own = number ?? Named(port);
            if (IsUdpOnly(ContainerPorts.Where(declared => declared.Number == own).Select(declared => declared.Protocol))) throw Udp(port);
            return new ResolvedPort(own, own);
        }

        ServicePort[] same = [.. ServicePorts.Where(declared => number is null ? declared.Name == port : declared.Number == number)];
        if (same.Length == 0)
            throw Missing($"service {service.Metadata.Name} has no port {port}",
            ServicePorts.Select(declared => Text(declared.Name, declared.Number)));
        if (IsUdpOnly(same.Select(declared => declared.Protocol))) throw Udp(port);
        ServicePort chosen = same.FirstOrDefault(IsTcp) ?? same[0];
        return new ResolvedPort(chosen.Number, Target(chosen));
    }

    int Target(ServicePort port)
    {
        if (service!.Spec?.ClusterIP == "None") return port.Number; // nothing translates ports in front of a headless service
        return port.Target.ValueKind switch
        {
            JsonValueKind.Number when port.Target.TryGetInt32(out int number) && number > 0 => number,
            JsonValueKind.String => Named(port.Target.GetString()!),
            _ => port.Number,
        };
    }

    int Named(string name) =>
        ContainerPorts.FirstOrDefault(port => port.Name == name)?.Number
        ?? throw Missing($"pod {pod.Metadata.Name} has no port named {name}",
            ContainerPorts.Where(port => !string.IsNullOrEmpty(port.Name)).Select(port => Text(port.Name, port.Number)));

    /// <summary>Of the containers that run beside one another: init containers that stay are among them.</summary>
    IEnumerable<ContainerPort> ContainerPorts => (pod.Spec.Containers ?? [])
        .Concat((pod.Spec.InitContainers ?? []).Where(static container => container.RestartPolicy == "Always"))
        .SelectMany(static container => container.Ports ?? []);

    List<ServicePort> ServicePorts => service?.Spec?.Ports ?? [];

    static bool IsTcp(ServicePort port) => port.Protocol is null or "" or "TCP";

    static bool IsUdpOnly(IEnumerable<string?> protocols) => protocols.Any() && protocols.All(static protocol => protocol == "UDP");

    static string Text(string? name, int number) =>
        string.IsNullOrEmpty(name) ? number.ToString(CultureInfo.InvariantCulture) : $"{name} ({number})";

    static TargetException Udp(string port) => new($"UDP protocol is not supported for {port}");

    static TargetException Missing(string what, IEnumerable<string> there) =>
        new(there.Any() ? $"{what}; there are {string.Join(", ", there)}" : $"{what}; it names none: give the port's number");
}
