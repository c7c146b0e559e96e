using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fairlead.Upgrades.Endpoints;
using Fairlead.Upgrades.Requests;
using Fairlead.Upgrades.Reviews;
using Fairlead.Wire;

namespace Fairlead.Node.Checks;

/// <summary>Asks the cluster what a front would ask it, and what its API server will send.</summary>
/// <param name="options">The machine.</param>
sealed class ClusterCheck(NodeCheckOptions options)
{
    const int LongestAnswer = 4 * 1024 * 1024;

    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    /// <summary>What a front asks: the name of the question, its group and its resource.</summary>
    static readonly (string Kind, string Group, string Resource)[] s_questions =
    [
        ("TokenReview", "authentication.k8s.io", "tokenreviews"),
        ("SubjectAccessReview", "authorization.k8s.io", "subjectaccessreviews"),
    ];

    public async IAsyncEnumerable<CheckLine> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (options.Cluster is not { } cluster)
        {
            yield return new("cluster", CheckOutcome.Fault,
                "nobody can be asked who somebody is and what he may do: name the node's kubeconfig by --authorization-kubeconfig");
            yield break;
        }

        using SharedCredentials credentials = new(cluster);
        using HttpMessageInvoker http = new(cluster.Handler, disposeHandler: false);
        foreach (var (kind, group, resource) in s_questions)
        {
            yield return await TellAsync(kind, async limit =>
            {
                AccessReview review = new() { Verb = "create", Group = group, Resource = resource };
                using HttpRequestMessage request = review.CreateRequest(At(cluster, review.Path));
                await credentials.AuthorizeAsync(request, renew: false, limit);
                using HttpResponseMessage response = await http.SendAsync(request, limit);
                return await AccessReview.ReadAnswerAsync(response, limit)
                    ? new(kind, CheckOutcome.Fine, $"{cluster.Server.Authority} takes that question from the node")
                    : new(kind, CheckOutcome.Fault,
                        $"{cluster.Server.Authority} does not take that question from this kubeconfig's user: take the kubelet's own, or " +
                        "bind its user to system:auth-delegator");
            }, cancellationToken);
        }

        yield return await TellAsync("API server", limit => CarriersAsync(cluster, http, credentials, limit), cancellationToken);
    }

    async Task<CheckLine> CarriersAsync(
        KubernetesEndpoint cluster, HttpMessageInvoker http, SharedCredentials credentials, CancellationToken cancellationToken)
    {
        JsonNode? version = await GetAsync(cluster, http, credentials, "/version", cancellationToken);
        PeerText told = version?["gitVersion"]?.ToString();
        bool current = int.TryParse(version?["major"]?.ToString(), CultureInfo.InvariantCulture, out int major)
            && int.TryParse(version["minor"]?.ToString().TrimEnd('+'), CultureInfo.InvariantCulture, out int minor)
            && (major, minor).CompareTo((1, 36)) >= 0;
        if (!current) return new("API server", CheckOutcome.Fine, $"{told}: it sends SPDY to nodes, which the front takes");
        JsonNode? node = await GetAsync(
            cluster, http, credentials, "/api/v1/nodes/" + Uri.EscapeDataString(options.NodeName), cancellationToken);
        bool declared = node?["status"]?["declaredFeatures"] is JsonArray features
            && features.Any(static feature => feature?.ToString() == "ExtendWebSocketsToKubelet");
        return new("API server", CheckOutcome.Fine, declared
            ? $"{told}: it passes WebSocket on to this node, no SPDY anywhere"
            : $"{told}: it sends SPDY to this node, whose kubelet does not declare ExtendWebSocketsToKubelet; the front takes it");
    }

    static async Task<JsonNode?> GetAsync(
        KubernetesEndpoint cluster, HttpMessageInvoker http, SharedCredentials credentials, string path,
            CancellationToken cancellationToken)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, At(cluster, path));
        request.Headers.TryAddWithoutValidation("Accept", "application/json");
        await credentials.AuthorizeAsync(request, renew: false, cancellationToken);
        using HttpResponseMessage response = await http.SendAsync(request, cancellationToken);
        if (response.StatusCode != HttpStatusCode.OK)
            throw new HttpRequestException($"{path} was answered with {(int)response.StatusCode}", null, response.StatusCode);
        await response.Content.LoadIntoBufferAsync(LongestAnswer, cancellationToken);
        await using Stream body = await response.Content.ReadAsStreamAsync(cancellationToken);
        return await JsonNode.ParseAsync(body, cancellationToken: cancellationToken);
    }

    static async Task<CheckLine> TellAsync(
        string name, Func<CancellationToken, Task<CheckLine>> look, CancellationToken cancellationToken)
    {
        using CancellationTokenSource late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        late.CancelAfter(s_patience);
        try
        {
            return await look(late.Token);
        }
        catch (Exception e) when (e
            is HttpRequestException or IOException or JsonException or CredentialsException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            string why = late.IsCancellationRequested ? $"it did not answer within {s_patience.TotalSeconds:0} s"
                : e is HttpRequestException { HttpRequestError: HttpRequestError.Unknown, StatusCode: not null } ? e.Message
                : RequestFault.Describe(e);
            return new(name, CheckOutcome.Fault, $"the cluster cannot be asked: {why}");
        }
    }

    static Uri At(KubernetesEndpoint cluster, string path) => new(cluster.Server.GetLeftPart(UriPartial.Path).TrimEnd('/') + path);
}
