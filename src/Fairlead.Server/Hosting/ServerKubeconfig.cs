using System.Globalization;
using System.Text;
using System.Text.Json;
using Fairlead.Server.Access;

namespace Fairlead.Server.Hosting;

/// <summary>
/// A kubeconfig for the users of a server: one cluster, and a user and a context for each of them; the first is the current one.
/// </summary>
public static class ServerKubeconfig
{
    /// <summary>Makes the file's text, with every user's token in it.</summary>
    /// <param name="server">The server's address.</param>
    /// <param name="authorityPem">The certificate of the authority that its clients are to trust.</param>
    /// <param name="users">At least one.</param>
    /// <param name="cluster">The cluster's name.</param>
    public static string Format(Uri server, string authorityPem, IReadOnlyList<ApiUser> users, string cluster = "fairlead-lab")
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"""
            apiVersion: v1
            kind: Config
            clusters:
            - name: {cluster}
              cluster:
                server: {server.GetLeftPart(UriPartial.Authority)}
                certificate-authority-data: {Convert.ToBase64String(Encoding.ASCII.GetBytes(authorityPem))}
            current-context: {Quote(users[0].Name)}

            """);
        text.Append("contexts:\n");
        foreach (ApiUser user in users)
            text.Append(CultureInfo.InvariantCulture,
                $"- name: {Quote(user.Name)}\n  context: {{cluster: {cluster}, user: {Quote(user.Name)}, namespace: default}}\n");
        text.Append("users:\n");
        foreach (ApiUser user in users)
            text.Append(CultureInfo.InvariantCulture, $"- name: {Quote(user.Name)}\n  user: {{token: {Quote(user.Token)}}}\n");
        return text.ToString();
    }

    /// <summary>A JSON string is a YAML scalar whatever it contains.</summary>
    static string Quote(string value) => $"\"{JsonEncodedText.Encode(value)}\"";
}
