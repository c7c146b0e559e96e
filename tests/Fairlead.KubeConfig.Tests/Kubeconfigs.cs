namespace Fairlead.KubeConfig.Tests;

/// <summary>Kubeconfig texts.</summary>
static class Kubeconfigs
{
    /// <summary>One cluster, user and context, all named c.</summary>
    /// <param name="cluster">The cluster's members, one a line.</param>
    /// <param name="user">The user's members, one a line.</param>
    public static string Single(string cluster, string user = "{}") => $$"""
        apiVersion: v1
        kind: Config
        current-context: c
        contexts:
        - name: c
          context:
            cluster: c
            user: c
            namespace: shop
        clusters:
        - name: c
          cluster:
        {{Indent(cluster)}}
        users:
        - name: c
          user:
        {{Indent(user)}}
        """;

    static string Indent(string lines) => string.Join('\n', lines.Split('\n').Select(line => "    " + line));

    /// <summary>An environment that holds only this.</summary>
    public static Func<string, string?> Environment(params (string Name, string Value)[] variables) =>
        name => variables.FirstOrDefault(variable => variable.Name == name).Value;
}
