namespace Fairlead.Server.Access;

/// <summary>Users and groups who may do everything; whoever is not on it may do nothing.</summary>
public sealed class AllowList
{
    /// <summary>What an API server's kubelet client certificate is usually made out to.</summary>
    public const string KubeletClient = "kube-apiserver-kubelet-client";

    /// <summary>The users.</summary>
    public IReadOnlyList<string> Users { get; init; } = [KubeletClient];

    /// <summary>The groups.</summary>
    public IReadOnlyList<string> Groups { get; init; } = [];

    /// <summary>Somebody who is known, with what the list allows.</summary>
    /// <param name="name">The user.</param>
    /// <param name="groups">The user's groups.</param>
    /// <param name="token">The user's bearer token; empty where another proof was given.</param>
    public ApiUser Judge(string name, IReadOnlyList<string> groups, string token = "")
    {
        ArgumentNullException.ThrowIfNull(groups);
        return new ApiUser { Name = name, Groups = groups, Token = token, Rules = Names(name, groups) ? [ApiRule.Everything] : [] };
    }

    /// <summary>True for a user who is on it, by name or by a group.</summary>
    /// <param name="name">The user.</param>
    /// <param name="groups">The user's groups.</param>
    public bool Names(string name, IReadOnlyList<string> groups) =>
        Users.Contains(name, StringComparer.Ordinal) || Groups.Any(group => groups.Contains(group, StringComparer.Ordinal));
}
