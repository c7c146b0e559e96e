using System.Net.Http.Headers;
using System.Text;

namespace Fairlead.KubeConfig.Credentials;

/// <summary>A credential that stands in the kubeconfig itself.</summary>
sealed class FixedCredential : CredentialSource
{
    readonly AuthenticationHeaderValue _header;

    FixedCredential(AuthenticationHeaderValue header) => _header = header;

    public static FixedCredential Token(string token) => new(Bearer(token.Trim(), "the kubeconfig"));

    public static FixedCredential Basic(string user, string? password) =>
        new(new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"))));

    /// <inheritdoc/>
    public override ValueTask<AuthenticationHeaderValue?> GetAsync(bool renew, CancellationToken cancellationToken) => new(_header);
}
