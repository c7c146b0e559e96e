using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Primitives;

namespace Fairlead.Gateway.Callers;

/// <summary>Who sends a request, and how that is shown to the server behind: by credentials of their own, or by impersonation.</summary>
/// <remarks>Holds secrets and must not be printed: not a record.</remarks>
sealed class Caller
{
    /// <summary>Marks of callers in logs say who is the same as whom, and nothing else: the key lives as long as the process.</summary>
    static readonly byte[] s_markKey = RandomNumberGenerator.GetBytes(32);

    /// <summary>
    /// The certificate's user, authenticated here; null for a caller whom the server behind is to know by its own credentials.
    /// </summary>
    internal string? User { get; init; }

    /// <summary>The certificate's groups.</summary>
    internal ImmutableArray<string> Groups { get; init; } = [];

    /// <summary>The headers that the caller showed itself by, as they came: Authorization and Impersonate-*.</summary>
    internal ImmutableArray<KeyValuePair<string, StringValues>> Headers { get; init; } = [];

    /// <summary>The gateway speaks for this caller with its own credentials.</summary>
    internal bool IsImpersonated => User is not null;

    /// <summary>SHA-256 over everything that says who this is.</summary>
    internal string Fingerprint => field ??= ComputeFingerprint();

    /// <summary>For logs: a certificate's name, else a mark that is the same for the same credentials.</summary>
    internal string Name => User is not null ? "user " + User
        : Headers.IsEmpty ? "anonymous"
        : "caller " + Convert.ToHexStringLower(HMACSHA256.HashData(s_markKey, Encoding.UTF8.GetBytes(Fingerprint)).AsSpan(0, 6));

    /// <summary>The headers that show the caller upstream, to be set behind the gateway's own.</summary>
    internal IEnumerable<KeyValuePair<string, string>> Shown()
    {
        if (User is not null)
        {
            yield return new("Impersonate-User", User);
            foreach (string group in Groups) yield return new("Impersonate-Group", group);
            yield break;
        }

        foreach ((string name, StringValues values) in Headers)
        {
            foreach (string? value in values) yield return new(name, value ?? "");
        }
    }

    /// <summary>Credentials with the scheme as everybody compares it, whatever its case and the blanks behind it (RFC 9110 section
    /// 11.1).</summary>
    static string SpelledOnce(string credentials) => credentials.Trim().Split(' ', 2) is [var scheme, var rest]
        ? $"{scheme.ToLowerInvariant()} {rest.Trim()}"
        : credentials;

    string ComputeFingerprint()
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Add(IsImpersonated ? "certificate" : "headers");
        foreach ((string name, string value) in Shown().OrderBy(static header => header.Key, StringComparer.OrdinalIgnoreCase)
            .ThenBy(static header => header.Value, StringComparer.Ordinal))
        {
            Add(name.ToUpperInvariant());
            Add(name.Equals("Authorization", StringComparison.OrdinalIgnoreCase) ? SpelledOnce(value) : value);
        }

        return Convert.ToHexString(hash.GetHashAndReset());

        void Add(string text) // with its length, so that no two lists of texts look alike
        {
            byte[] bytes = Encoding.UTF8.GetBytes(text);
            hash.AppendData(BitConverter.GetBytes(bytes.Length));
            hash.AppendData(bytes);
        }
    }
}
