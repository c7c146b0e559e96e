using System.Net.Http.Headers;

namespace Fairlead.KubeConfig.Credentials;

/// <summary>A token in a file that somebody else keeps fresh: read anew for every request, since a kubelet replaces it.</summary>
sealed class TokenFile(string path) : CredentialSource
{
    const int LongestToken = 1024 * 1024;

    /// <inheritdoc/>
    public override async ValueTask<AuthenticationHeaderValue?> GetAsync(bool renew, CancellationToken cancellationToken)
    {
        try
        {
            if (new FileInfo(path).Length > LongestToken) throw new KubeConfigException($"the token file {path} is too large");
            string token = (await File.ReadAllTextAsync(path, cancellationToken)).Trim();
            return token.Length > 0 ? Bearer(token, path) : throw new KubeConfigException($"the token file {path} is empty");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KubeConfigException($"the token file {path} cannot be read: {e.Message}", e);
        }
    }
}
