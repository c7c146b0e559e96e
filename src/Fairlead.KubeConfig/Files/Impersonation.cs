namespace Fairlead.KubeConfig.Files;

/// <summary>Whom to act as: <c>as</c>, <c>as-groups</c> and <c>as-user-extra</c> of a user entry.</summary>
sealed record Impersonation(string User, IReadOnlyList<string> Groups, IReadOnlyList<KeyValuePair<string, string>> Extra)
{
    public void ApplyTo(HttpRequestMessage request)
    {
        request.Headers.TryAddWithoutValidation("Impersonate-User", User);
        foreach (string group in Groups) request.Headers.TryAddWithoutValidation("Impersonate-Group", group);
        foreach ((string key, string value) in Extra)
            request.Headers.TryAddWithoutValidation("Impersonate-Extra-" + Uri.EscapeDataString(key), value);
    }
}
