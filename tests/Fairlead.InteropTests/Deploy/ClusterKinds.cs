#pragma warning disable CA1812 // made by the reader of YAML
#pragma warning disable CA1002, CA2227 // it fills lists and maps in
namespace Fairlead.InteropTests.Deploy;

/// <summary>What a Prometheus operator's ServiceMonitor has, as far as ours says anything: whatever else stood in one would be refused.</summary>
public sealed class ServiceMonitor
{
    /// <summary>Its version.</summary>
    public string? ApiVersion { get; set; }

    /// <summary>Its kind.</summary>
    public string? Kind { get; set; }

    /// <summary>Its name and labels.</summary>
    public k8s.Models.V1ObjectMeta? Metadata { get; set; }

    /// <summary>What it asks for.</summary>
    public ServiceMonitorSpec? Spec { get; set; }
}

/// <summary>What a ServiceMonitor asks for.</summary>
public sealed class ServiceMonitorSpec
{
    /// <summary>The Services.</summary>
    public k8s.Models.V1LabelSelector? Selector { get; set; }

    /// <summary>What is read of each.</summary>
    public List<ServiceMonitorEndpoint>? Endpoints { get; set; }
}

/// <summary>What is read of a Service.</summary>
public sealed class ServiceMonitorEndpoint
{
    /// <summary>The Service's port by its name.</summary>
    public string? Port { get; set; }

    /// <summary>The path.</summary>
    public string? Path { get; set; }

    /// <summary>How often.</summary>
    public string? Interval { get; set; }
}

/// <summary>What a cert-manager's Certificate has, as far as ours says anything.</summary>
public sealed class ManagedCertificate
{
    /// <summary>Its version.</summary>
    public string? ApiVersion { get; set; }

    /// <summary>Its kind.</summary>
    public string? Kind { get; set; }

    /// <summary>Its name.</summary>
    public k8s.Models.V1ObjectMeta? Metadata { get; set; }

    /// <summary>What it asks for.</summary>
    public ManagedCertificateSpec? Spec { get; set; }
}

/// <summary>What a Certificate asks for.</summary>
public sealed class ManagedCertificateSpec
{
    /// <summary>The Secret that it becomes.</summary>
    public string? SecretName { get; set; }

    /// <summary>Whom it names.</summary>
    public List<string>? DnsNames { get; set; }

    /// <summary>What it is for.</summary>
    public List<string>? Usages { get; set; }

    /// <summary>Its key.</summary>
    public Dictionary<string, string>? PrivateKey { get; set; }

    /// <summary>Who issues it.</summary>
    public Dictionary<string, string>? IssuerRef { get; set; }
}
