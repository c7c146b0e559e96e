using System.Globalization;
using System.Text;
using System.Text.Json;
using Fairlead.Server;

namespace Fairlead.Processes.Lab;

/// <summary>The kubeconfig of a lab: one cluster, and a user and a context for each of its users; the first is the current one.</summary>
static class LabKubeconfig
{
    internal static string Format(Uri server, string authorityPem, IReadOnlyList<ApiUser> users, string cluster = "fairlead-lab")
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
            text.Append(CultureInfo.InvariantCulture, $"- name: {Quote(user.Name)}\n  context: {{cluster: {cluster}, user: {Quote(user.Name)}, namespace: default}}\n");
        text.Append("users:\n");
        foreach (ApiUser user in users)
            text.Append(CultureInfo.InvariantCulture, $"- name: {Quote(user.Name)}\n  user: {{token: {Quote(user.Token)}}}\n");
        return text.ToString();
    }

    /// <summary>A JSON string is a YAML scalar whatever it contains.</summary>
    static string Quote(string value) => $"\"{JsonEncodedText.Encode(value)}\"";
}
