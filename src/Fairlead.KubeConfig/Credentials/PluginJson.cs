using System.Text.Json.Serialization;

namespace Fairlead.KubeConfig.Credentials;

/// <summary>The <c>ExecCredential</c> that a plugin prints.</summary>
sealed class ExecCredential
{
    [JsonPropertyName("apiVersion")] public string? ApiVersion { get; init; }

    [JsonPropertyName("kind")] public string? Kind { get; init; }

    [JsonPropertyName("status")] public ExecCredentialStatus? Status { get; init; }
}

/// <summary>The part of it that holds the secrets.</summary>
sealed class ExecCredentialStatus
{
    [JsonPropertyName("token")] public string? Token { get; init; }

    [JsonPropertyName("clientCertificateData")] public string? ClientCertificateData { get; init; }

    [JsonPropertyName("clientKeyData")] public string? ClientKeyData { get; init; }

    [JsonPropertyName("expirationTimestamp")] public DateTimeOffset? ExpirationTimestamp { get; init; }
}

/// <summary>Source-generated JSON of plugins.</summary>
[JsonSerializable(typeof(ExecCredential))]
sealed partial class PluginJson : JsonSerializerContext;
