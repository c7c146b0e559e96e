using System.Net.Http.Headers;

namespace Fairlead.KubeConfig.Credentials;

/// <summary>Where the Authorization header comes from.</summary>
abstract class CredentialSource
{
    /// <summary>The header to send; null where TLS says who is asking.</summary>
    /// <param name="renew">The last one was refused with 401: do not use it again.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public abstract ValueTask<AuthenticationHeaderValue?> GetAsync(bool renew, CancellationToken cancellationToken);

    /// <summary>What is doubtful about what was given last, in half a sentence; null for nothing.</summary>
    public virtual string? Doubt => null;

    /// <summary>A bearer token as a header.</summary>
    /// <exception cref="KubeConfigException">The token has characters that no header can carry.</exception>
    protected static AuthenticationHeaderValue Bearer(string token, string source)
    {
        foreach (char c in token)
        {
            if (c is <= ' ' or >= '\x7f') throw new KubeConfigException($"the token from {source} holds characters that no token has");
        }

        return new AuthenticationHeaderValue("Bearer", token);
    }
}
