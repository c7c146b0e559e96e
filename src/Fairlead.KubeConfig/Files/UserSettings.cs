namespace Fairlead.KubeConfig.Files;

/// <summary>A user entry; its paths are absolute. A class and not a record: it must not print its secrets.</summary>
sealed class UserSettings
{
    public string? Token { get; init; }

    public string? TokenFile { get; init; }

    public string? UserName { get; init; }

    public string? Password { get; init; }

    public string? ClientCertificateFile { get; init; }

    /// <summary>PEM.</summary>
    public byte[]? ClientCertificateData { get; init; }

    public string? ClientKeyFile { get; init; }

    /// <summary>PEM.</summary>
    public byte[]? ClientKeyData { get; init; }

    public PluginSettings? Plugin { get; init; }

    /// <summary>The name of the <c>auth-provider</c>, which kubectl has taken out but for one; null for none.</summary>
    public string? AuthProvider { get; init; }

    public Impersonation? Impersonation { get; init; }

    /// <summary>
    /// The same user with what was given beside the kubeconfig, as kubectl has it: each thing replaces its own. With a token, whom the
    /// entry acts as and its certificate stay: to leave out "as" would be to act with the rights of the token's own user, which are
    /// mostly greater. A tokenFile gives way, since the token was asked for by name (kubectl takes the file).
    /// </summary>
    public UserSettings Override(KubeConfigOptions given) => new()
    {
        Token = given.Token ?? Token,
        TokenFile = given.Token is null ? TokenFile : null,
        UserName = given.UserName ?? UserName,
        Password = given.Password ?? Password,
        ClientCertificateFile = given.ClientCertificate is { } certificate ? Path.GetFullPath(certificate) : ClientCertificateFile,
        ClientCertificateData = given.ClientCertificate is null ? ClientCertificateData : null,
        ClientKeyFile = given.ClientKey is { } key ? Path.GetFullPath(key) : ClientKeyFile,
        ClientKeyData = given.ClientKey is null ? ClientKeyData : null,
        Plugin = Plugin,
        AuthProvider = AuthProvider,
        Impersonation = Impersonation.Of(
            given.ActAs ?? Impersonation?.User, given.ActAsUid ?? Impersonation?.Uid,
            given.ActAsGroups.Count > 0 ? given.ActAsGroups : Impersonation?.Groups ?? [],
            given.ActAsExtra.Count > 0 ? given.ActAsExtra : Impersonation?.Extra ?? []),
    };

    /// <summary>Refuses what kubectl refuses: an entry that says two things of which one can hold.</summary>
    /// <exception cref="KubeConfigException">It is such an entry.</exception>
    public void RequireNoContradiction(string? name)
    {
        bool hasToken = (Token ?? TokenFile) is not null, hasPassword = UserName is not null || !string.IsNullOrEmpty(Password);
        string? both =
            hasToken && hasPassword ? "a token and a user name with a password"
            : ClientCertificateData is not null && ClientCertificateFile is not null ? "client-certificate and client-certificate-data"
            : ClientKeyData is not null && ClientKeyFile is not null ? "client-key and client-key-data"
            : null;
        if (both is not null) throw new KubeConfigException($"the user \"{name}\" of the kubeconfig has {both}: leave one of them out");
        if (AuthProvider is not null)
        {
            throw new KubeConfigException(
                $"the user \"{name}\" of the kubeconfig signs in by the auth-provider \"{AuthProvider}\", which is not supported: "
                + "use a credential plugin (exec) in its place");
        }
    }
}
