namespace Fairlead.KubeConfig.Files;

/// <summary>A user entry; its paths are absolute. A class and not a record: it must not print its secrets.</summary>
sealed class UserSettings
{
    public string? Token { get; init; }

    public string? TokenFile { get; init; }

    public string? UserName { get; init; }

    public string? Password { get; init; }

    public string? ClientCertificateFile { get; init; }

    /// <summary>Base64 of PEM.</summary>
    public string? ClientCertificateData { get; init; }

    public string? ClientKeyFile { get; init; }

    /// <summary>Base64 of PEM.</summary>
    public string? ClientKeyData { get; init; }

    public PluginSettings? Plugin { get; init; }

    public Impersonation? Impersonation { get; init; }
}
