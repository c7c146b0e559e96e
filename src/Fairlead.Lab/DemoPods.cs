using Fairlead.Lab.Manifests;
namespace Fairlead.Lab;

/// <summary>The pod that is there without any manifest: <c>demo</c> in <c>default</c>, to look around in.</summary>
public static class DemoPods
{
    const string Text = """
        apiVersion: v1
        kind: Pod
        metadata:
          name: demo
          namespace: default
          labels:
            app: demo
          annotations:
            kubectl.kubernetes.io/default-container: shell
        spec:
          containers:
          - name: shell
            image: local/sh
            command: [/bin/sh]
            stdin: true
            tty: true
          - name: web
            image: local/sh
            command:
            - /bin/sh
            - -c
            - 'i=0; while :; do i=$((i+1)); echo "line $i"; sleep 1; done'
        """;

    /// <summary>
    /// Its manifest: container <c>shell</c>, a shell on a terminal, and <c>web</c>, which prints a numbered line each second.
    /// </summary>
    public static PodManifests Create()
    {
        using StringReader reader = new(Text);
        return PodManifests.Read(reader);
    }
}
