using Fairlead.Streaming.Tls;
using Fairlead.Wire;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fairlead;

/// <summary>Which kubeconfig to read, and what to put in place of what it says.</summary>
public sealed record KubeConfigOptions
{
    /// <summary>
    /// The one file to read; it must exist. Null reads the files of <c>KUBECONFIG</c>, merged, or <c>~/.kube/config</c>, or, inside
    /// a pod, its service account.
    /// </summary>
    public string? Path { get; init; }

    /// <summary>The context; null for the file's current one.</summary>
    public string? Context { get; init; }

    /// <summary>The cluster entry, instead of the context's.</summary>
    public string? Cluster { get; init; }

    /// <summary>The user entry, instead of the context's.</summary>
    public string? User { get; init; }

    /// <summary>The namespace, instead of the context's.</summary>
    public string? Namespace { get; init; }

    /// <summary>The server's address, instead of the cluster's. With it, no kubeconfig is needed.</summary>
    public string? Server { get; init; }

    /// <summary>A bearer token, instead of the user's; whom the user acts as, and its certificate, stay.</summary>
    public string? Token { get; init; }

    /// <summary>A name for basic authentication, instead of the user's.</summary>
    public string? UserName { get; init; }

    /// <summary>Its password.</summary>
    public string? Password { get; init; }

    /// <summary>The file of a client certificate, PEM, instead of the user's.</summary>
    public string? ClientCertificate { get; init; }

    /// <summary>The file of its key.</summary>
    public string? ClientKey { get; init; }

    /// <summary>Whom to act as, instead of the user's <c>as</c>.</summary>
    public string? ActAs { get; init; }

    /// <summary>The uid to act with, instead of the user's <c>as-uid</c>.</summary>
    public string? ActAsUid { get; init; }

    /// <summary>The groups to act with, instead of the user's <c>as-groups</c> where there is one.</summary>
    public IReadOnlyList<string> ActAsGroups { get; init; } = [];

    /// <summary>
    /// The extra values to act with, instead of the user's <c>as-user-extra</c> where there is one; a key may have several.
    /// </summary>
    public IReadOnlyList<KeyValuePair<string, string>> ActAsExtra { get; init; } = [];

    /// <summary>
    /// How long one request to the server may take, upgrades apart. A minute; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.
    /// </summary>
    public TimeSpan RequestTimeout { get; init => field = TimeLimit.OrForEver(value); } = TimeSpan.FromMinutes(1);

    /// <summary>The file of the authority that signed the server's certificate, instead of the cluster's.</summary>
    public string? CertificateAuthority { get; init; }

    /// <summary>The name that the server's certificate must carry, instead of the cluster's.</summary>
    public string? TlsServerName { get; init; }

    /// <summary>Does not look at the server's certificate at all: anybody on the way can read and answer.</summary>
    public bool InsecureSkipTlsVerify { get; init; }

    /// <summary>
    /// Leaves out who the user is: address, trust and proxy alone. With <see cref="Server"/> no kubeconfig is read at all.
    /// </summary>
    public bool Anonymous { get; init; }

    /// <summary>True where a credential plugin may ask questions on the terminal; by default, where standard input is a terminal.</summary>
#pragma warning disable RS0030 // asks what standard input is, and leaves the terminal as it is
    public bool Interactive { get; init; } = !Console.IsInputRedirected;
#pragma warning restore RS0030

    /// <summary>
    /// How long a credential plugin may take; it is ended then, and the error names it. By default there is no limit where it may talk to a
    /// person, and ten minutes otherwise: the sign-in in a browser that a plugin without a terminal waits for takes its time too.
    /// </summary>
    public TimeSpan? PluginTimeout { get; init => field = value is { } limit ? TimeLimit.OrForEver(limit) : null; }

    /// <summary>
    /// Where the file of a path is found that is <see cref="Path"/>, or that the kubeconfig names: for the kubeconfig of a machine whose
    /// root is mounted somewhere else. A path that is relative there is given as an absolute one. By default it is where it says.
    /// </summary>
    public Func<string, string> Locate { get; init; } = static path => path;

    /// <summary>
    /// Called with each handler that connections are made by, the first one and those after a change of files, before it is used.
    /// </summary>
    public Action<SocketsHttpHandler>? Configure { get; init; }

    /// <summary>
    /// Where this and all that goes through the endpoint logs; nowhere by default. Files that changed on disk and were taken or not at
    /// information and warning, under <c>Fairlead.Files</c>; what was read and each step at debug, without anything secret.
    /// </summary>
    public ILoggerFactory Logging { get; init; } = NullLoggerFactory.Instance;

    internal Func<string, string?> Environment { get; init; } = System.Environment.GetEnvironmentVariable;

    /// <summary>By what files are read.</summary>
    internal FileReads Reads { get; init; } = new();

    internal TimeProvider Time { get; init; } = TimeProvider.System;

    internal string ServiceAccountDirectory { get; init; } = "/var/run/secrets/kubernetes.io/serviceaccount";
}
