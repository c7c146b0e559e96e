using System.Diagnostics;
using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Fairlead.Upgrades.Http;
using Fairlead.Wire;
using Microsoft.Extensions.Logging;

namespace Fairlead.KubeConfig.Api;

/// <summary>Reads objects of the Kubernetes API, over the handler that upgrades take too.</summary>
sealed class ApiReader(KubernetesEndpoint endpoint)
{
    /// <summary>A list of ten thousand pods fits.</summary>
    const int LargestAnswer = 256 * 1024 * 1024;

    /// <summary>Of an answer that is no Status, this much is shown.</summary>
    const int LongestQuote = 200;

    readonly ILogger _logger = endpoint.Logging.CreateLogger(Log.Category);

    /// <summary>Gets one object or list.</summary>
    /// <param name="path">From the API's root on, with its query.</param>
    /// <param name="type">Its JSON type.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="KubernetesApiException">The server refused.</exception>
    /// <exception cref="ServerUnreachableException">The server was not reached, or did not answer within
    /// <see cref="KubernetesEndpoint.RequestTimeout"/>.</exception>
    public async Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        using CancellationTokenSource deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        long started = Stopwatch.GetTimestamp();
        WithheldWords withheld = WithheldWords.None;
        try
        {
            return await GetOnceOrTwiceAsync(path, type, words => withheld = words, deadline, cancellationToken);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            TimeoutException late = e.InnerException as TimeoutException // while it was connected to, which has a limit of its own
                ?? endpoint.Late($"the server {endpoint.Server.Authority} did not answer", endpoint.RequestTimeout, e);
            Log.Failed(_logger, late, WithoutQuery(path), Since(started));
            throw new ServerUnreachableException(late);
        }
        catch (HttpRequestException e) when (CredentialFree.Of(e, withheld) is { } told)
        {
            Log.Failed(_logger, WithheldException.Of(told, withheld), WithoutQuery(path), Since(started));
            throw new ServerUnreachableException(told);
        }
        catch (Exception e)
        {
            Log.Failed(_logger, WithheldException.Of(e, withheld), WithoutQuery(path), Since(started));
            if (e is HttpRequestException or IOException and not FairleadException) throw new ServerUnreachableException(e);
            throw;
        }
    }

    static async ValueTask AuthorizeAsync(
        Func<HttpRequestMessage, bool, CancellationToken, ValueTask> authorize, HttpRequestMessage request, bool renew,
        CancellationToken cancellationToken)
    {
        try
        {
            await authorize(request, renew, cancellationToken);
        }
        catch (Exception e) when (e is IOException and not FairleadException or UnauthorizedAccessException)
        {
            throw new CredentialsException(e); // a token's file is no matter of the server's
        }
    }

    /// <param name="path">What to get.</param>
    /// <param name="type">Its JSON type.</param>
    /// <param name="withhold">Learns what a request says, which the server may quote.</param>
    /// <param name="deadline">The server's: it does not run while credentials are fetched, since a person may have to sign in.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    async Task<T> GetOnceOrTwiceAsync<T>(string path, JsonTypeInfo<T> type, Action<WithheldWords> withhold,
        CancellationTokenSource deadline, CancellationToken cancellationToken)
    {
        using HttpMessageInvoker http = new(endpoint.Handler, disposeHandler: false);
        Uri address = new(endpoint.Server.GetLeftPart(UriPartial.Path).TrimEnd('/') + path);
        for (bool renew = false; ; renew = true)
        {
            using HttpRequestMessage request = new(HttpMethod.Get, address);
            request.Headers.Accept.ParseAdd("application/json");
            request.Headers.UserAgent.ParseAdd("fairlead");
            deadline.CancelAfter(Timeout.InfiniteTimeSpan);
            if (endpoint.Authorize is { } authorize) await AuthorizeAsync(authorize, request, renew, cancellationToken);
            WithheldWords said = WithheldWords.OfRequest(
                [], request.Headers.NonValidated.SelectMany(
                static header => header.Value, static (header, value) => new KeyValuePair<string, string>(header.Key, value)));
            withhold(said);

            deadline.CancelAfter(endpoint.RequestTimeout);
            long asked = Stopwatch.GetTimestamp();
            using HttpResponseMessage response = await http.SendAsync(request, deadline.Token);
            Log.Answered(_logger, WithoutQuery(path), (int)response.StatusCode, Since(asked));
            byte[] body = await ReadBodyAsync(response, deadline.Token);
            if (response.StatusCode == HttpStatusCode.Unauthorized && !renew && endpoint.Authorize is not null) continue;
            if (!response.IsSuccessStatusCode) throw Refused(response, body, said);
            try
            {
                return JsonSerializer.Deserialize(body, type) ?? throw Unintelligible(response.StatusCode, "");
            }
            catch (JsonException e)
            {
                throw Unintelligible(response.StatusCode, $" ({said.BlankCredentials(e.Path)})");
            }
        }
    }

    static string WithoutQuery(string path) => path.Split('?')[0];

    static long Since(long started) => (long)Stopwatch.GetElapsedTime(started).TotalMilliseconds;

    static async Task<byte[]> ReadBodyAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await using Stream stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        using MemoryStream all = new();
        byte[] buffer = new byte[16 * 1024];
        while (await stream.ReadAsync(buffer, cancellationToken) is > 0 and int count)
        {
            if (all.Length + count > LargestAnswer) throw new HttpRequestException("the server's answer is larger than 256 MiB");
            all.Write(buffer, 0, count);
        }

        return all.ToArray();
    }

    static KubernetesApiException Refused(HttpResponseMessage response, byte[] body, WithheldWords withheld)
    {
        (HttpStatusCode code, string doubt) = (response.StatusCode, KubernetesEndpoint.DoubtAbout(response));
        if (Status.TryParse(body) is { Said.IsEmpty: false } read && withheld.BlankCredentials(read) is var status)
            return new KubernetesApiException(status.Said + doubt, code, status);

        if (Redirect.Describe(response, withheld) is { } redirect) return new KubernetesApiException(redirect, code, null);
        string text = VisibleText.Line(withheld.BlankCredentials(PeerText.FromUtf8(body).Raw).Trim(), LongestQuote);
        string answer = $"the server answered {(int)code} ({code})";
        return new KubernetesApiException((text.Length > 0 ? $"{answer}: {text}" : answer) + doubt, code, null);
    }

    KubernetesApiException Unintelligible(HttpStatusCode code, string where) => new(
        $"{endpoint.Server.Authority} answered something that is not what the Kubernetes API says{where}", code, null);
}
