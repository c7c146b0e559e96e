using System.Net.Sockets;
using System.Text;
using Fairlead.Node.Reviews;
using Fairlead.Server.Access;
using Fairlead.Server.Operations;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Fairlead.Node.Tests;

/// <summary>A node asks its cluster: the cluster's time is its own, and what failed is named.</summary>
public sealed class ClusterReviewsTests : IDisposable
{
    readonly LoopbackListener _listener = new();
    readonly FakeTimeProvider _time = new();
    readonly LogRecorder _logged = new();

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact, Trait("Case", "C20")]
    public async Task The_clusters_time_begins_when_the_nodes_credentials_are_there()
    {
        TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously), go = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using KubernetesEndpoint cluster = Cluster(async (_, _, cancellationToken) =>
        {
            begun.SetResult();
            await go.Task.WaitAsync(cancellationToken);
        });
        using ClusterReviews reviews = new(cluster, _time, new ReviewerAbsence(_time, TimeSpan.FromMinutes(1)), _logged);
        Task<bool> asking = AskAsync(reviews);
        await begun.Task.WaitAsync(Eventually.Patience, Ct);
        _time.Advance(TimeSpan.FromMinutes(2));
        go.SetResult();
        await AnswerAsync("201 Created", """{"status":{"allowed":true}}""");
        Assert.True(await asking.WaitAsync(Eventually.Patience, Ct));
    }

    [Theory, Trait("Case", "C8")]
    [InlineData("late", "the cluster did not answer within 10 s")]
    [InlineData("401 Unauthorized", "the access review was answered with 401")]
    [InlineData("403 Forbidden", "the access review was answered with 403")]
    [InlineData("201 Created", "the review was answered with what is none")]
    [InlineData("credentials", "the node's own credentials cannot be had")]
    [InlineData("away", "no connection came about: Connection refused")]
    public async Task What_failed_is_in_the_answer_and_in_the_log(string fault, string words)
    {
        using KubernetesEndpoint cluster = Cluster(
            (_, _, _) => fault == "credentials" ? throw new InvalidDataException("the plugin \"aws\" failed") : ValueTask.CompletedTask);
        using ClusterReviews reviews = new(cluster, _time, new ReviewerAbsence(_time, TimeSpan.FromMinutes(1)), _logged);
        if (fault == "away") _listener.Dispose();
        Task<bool> asking = AskAsync(reviews);
        if (fault == "late")
        {
            using Socket unanswered = await _listener.AcceptAsync(Ct);
            await unanswered.ReceiveAsync(new byte[4096], Ct); // so that its time has begun
            _time.Advance(TimeSpan.FromSeconds(11));
            Assert.Contains(words, (await Assert.ThrowsAsync<AuthorizerUnavailableException>(() => asking)).Message, StringComparison.Ordinal);
        }
        else
        {
            if (fault.Contains(' ')) await AnswerAsync(fault, "nothing");
            if (fault.StartsWith("401", StringComparison.Ordinal)) await AnswerAsync(fault, "nothing");
            AuthorizerUnavailableException away = await Assert.ThrowsAsync<AuthorizerUnavailableException>(() => asking);
            Assert.EndsWith(": " + words, away.Message, StringComparison.Ordinal);
        }

        Assert.Contains(_logged.Entries, entry => entry.Level == LogLevel.Warning && entry.Text.EndsWith(words, StringComparison.Ordinal) && entry.Failure is not null);
    }

    static Task<bool> AskAsync(ClusterReviews reviews) =>
        reviews.MayAsync(new ApiUser { Name = "jane", Token = "" }, new AccessAttributes("create", "", "nodes", "proxy", null, null), Ct).AsTask();

    KubernetesEndpoint Cluster(Func<HttpRequestMessage, bool, CancellationToken, ValueTask> authorize) =>
        new(new Uri($"http://127.0.0.1:{_listener.Port}"), new SocketsHttpHandler { UseProxy = false }) { Authorize = authorize };

    async Task AnswerAsync(string status, string body)
    {
        using Socket socket = await _listener.AcceptAsync(Ct);
        string request = "";
        byte[] buffer = new byte[4096];
        while (!request.EndsWith('}')) request += Encoding.ASCII.GetString(buffer, 0, await socket.ReceiveAsync(buffer, Ct));
        await socket.SendAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {body.Length}\r\n\r\n{body}"), Ct);
    }

    public void Dispose()
    {
        _listener.Dispose();
        _logged.Dispose();
    }
}
