using System.Security.Cryptography.X509Certificates;

namespace Fairlead.KubeConfig.Credentials;

/// <summary>What a plugin gave. Not a record: it must not print its secrets.</summary>
sealed class PluginCredential
{
    public string? Token { get; init; }

    public X509Certificate2? Certificate { get; init; }

    /// <summary>When it ends; null where the plugin did not say, which means: with this process.</summary>
    public DateTimeOffset? Expires { get; init; }

    public required DateTimeOffset Given { get; init; }
}
