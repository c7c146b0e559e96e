using System.Text;
using Fairlead.Streaming.RemoteCommand;

namespace Fairlead.Client;

/// <summary>Where an API server has the streams of a pod.</summary>
static class PodPath
{
    /// <summary>A pod's subresource, without a query.</summary>
    internal static Uri Of(Uri server, PodReference pod, string subresource) =>
        new(Path(server, pod, subresource).ToString(), UriKind.Absolute);

    /// <summary>A command in a pod, or its main process: the query says which, and with what channels.</summary>
    internal static Uri Of(Uri server, PodReference pod, string subresource, RemoteCommandRequest request)
    {
        StringBuilder uri = Path(server, pod, subresource);
        char separator = '?';
        foreach (string argument in request.Command) Add("command", argument);
        if (pod.Container is { } container) Add("container", container);
        if (request.Stderr) Add("stderr", "true");
        if (request.Stdin) Add("stdin", "true");
        if (request.Stdout) Add("stdout", "true");
        if (request.Tty) Add("tty", "true");
        return new Uri(uri.ToString(), UriKind.Absolute);

        void Add(string name, string value)
        {
            uri.Append(separator).Append(name).Append('=').Append(Uri.EscapeDataString(value));
            separator = '&';
        }
    }

    static StringBuilder Path(Uri server, PodReference pod, string subresource) =>
        new StringBuilder(server.GetLeftPart(UriPartial.Path).TrimEnd('/'))
            .Append("/api/v1/namespaces/").Append(Uri.EscapeDataString(pod.Namespace!))
            .Append("/pods/").Append(Uri.EscapeDataString(pod.Name)).Append('/').Append(subresource);
}
