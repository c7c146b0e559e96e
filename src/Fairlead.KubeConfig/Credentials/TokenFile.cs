using System.Net.Http.Headers;

namespace Fairlead.KubeConfig.Credentials;

/// <summary>A token in a file that somebody else keeps fresh: read anew for every request, since a kubelet replaces it.</summary>
/// <param name="path">The file.</param>
/// <param name="otherwise">The token where the file has none, as with kubectl; null for none.</param>
sealed class TokenFile(string path, string? otherwise) : CredentialSource
{
    const int LongestToken = 1024 * 1024;

    /// <inheritdoc/>
    public override async ValueTask<AuthenticationHeaderValue?> GetAsync(bool renew, CancellationToken cancellationToken)
    {
        try
        {
            if (new FileInfo(path).Length > LongestToken) throw new KubeConfigException($"the token file {path} is too large");
            string token = (await File.ReadAllTextAsync(path, cancellationToken)).Trim();
            return token.Length > 0 ? Bearer(token, path)
                : otherwise is not null ? Bearer(otherwise, "the kubeconfig")
                : throw new KubeConfigException($"the token file {path} is empty");
        }
        catch (Exception e) when (e is (IOException and not FairleadException) or UnauthorizedAccessException)
        {
            if (otherwise is not null) return Bearer(otherwise, "the kubeconfig");
            throw new KubeConfigException($"the token file {path} cannot be read: {e.Message}", e);
        }
    }
}
