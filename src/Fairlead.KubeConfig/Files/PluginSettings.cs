namespace Fairlead.KubeConfig.Files;

/// <summary>The <c>exec</c> part of a user entry: a program that prints credentials. Looked into only when it is used.</summary>
sealed class PluginSettings
{
    public const string V1 = "client.authentication.k8s.io/v1";
    public const string V1Beta1 = "client.authentication.k8s.io/v1beta1";

    public required string ApiVersion { get; init; }

    /// <summary>A name to look up in PATH, or an absolute path.</summary>
    public required string Command { get; init; }

    public IReadOnlyList<string> Arguments { get; init; } = [];

    public IReadOnlyList<KeyValuePair<string, string>> Environment { get; init; } = [];

    public string? InstallHint { get; init; }

    public bool ProvideClusterInfo { get; init; }

    /// <summary>As the file has it; see <see cref="Interactivity"/>.</summary>
    public string? InteractiveMode { get; init; }

    /// <summary>Whether the program asks questions. v1 must say it, v1beta1 need not.</summary>
    /// <exception cref="KubeConfigException">It is not said, or is none of the three words.</exception>
    public PluginInteractivity Interactivity => InteractiveMode switch
    {
        "Never" => PluginInteractivity.Never,
        "IfAvailable" => PluginInteractivity.IfAvailable,
        "Always" => PluginInteractivity.Always,
        null or "" when ApiVersion == V1Beta1 => PluginInteractivity.IfAvailable,
        null or "" => throw new KubeConfigException(
            $"interactiveMode must be given for the credential plugin \"{Command}\": Never, IfAvailable or Always"),
        _ => throw new KubeConfigException($"interactiveMode of the credential plugin \"{Command}\" is none of Never, IfAvailable, Always"),
    };
}
