namespace Fairlead.KubeConfig.Files;

/// <summary>
/// Whom to act as: <c>as</c>, <c>as-uid</c>, <c>as-groups</c> and <c>as-user-extra</c> of a user entry, of which each value is one.
/// </summary>
sealed record Impersonation(string User, string? Uid, IReadOnlyList<string> Groups, IReadOnlyList<KeyValuePair<string, string>> Extra)
{
    /// <summary>Null where the entry has none of them.</summary>
    public static Impersonation? Of(
        string? user, string? uid, IReadOnlyList<string> groups, IReadOnlyList<KeyValuePair<string, string>> extra) =>
        string.IsNullOrEmpty(user) && string.IsNullOrEmpty(uid) && groups.Count + extra.Count == 0
            ? null
            : new Impersonation(user ?? "", uid, groups, extra);

    public void ApplyTo(HttpRequestMessage request)
    {
        request.Headers.TryAddWithoutValidation("Impersonate-User", User);
        if (!string.IsNullOrEmpty(Uid)) request.Headers.TryAddWithoutValidation("Impersonate-Uid", Uid);
        foreach (string group in Groups) request.Headers.TryAddWithoutValidation("Impersonate-Group", group);
        foreach ((string key, string value) in Extra)
            request.Headers.TryAddWithoutValidation("Impersonate-Extra-" + Uri.EscapeDataString(key), value);
    }
}
