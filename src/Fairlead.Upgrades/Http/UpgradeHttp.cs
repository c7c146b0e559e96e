using System.Net;
using System.Net.Http.Headers;
using Fairlead.Upgrades.Endpoints;
using Fairlead.Upgrades.Sharing;
using Fairlead.Wire;
using Microsoft.Extensions.Logging;

namespace Fairlead.Upgrades.Http;

/// <summary>
/// The HTTP exchange of an upgrade: credentials, one renewal of them, a deadline for the server, and what a refusal said.
/// </summary>
/// <param name="endpoint">The server, and its credentials.</param>
/// <param name="http">Sends.</param>
/// <param name="credentials">The endpoint's, as they are shown on behalf of many; null to take them from the endpoint.</param>
/// <param name="shared">Has WebSockets share HTTP/2 connections where the server announces that; null for a connection each.</param>
sealed class UpgradeHttp(
    KubernetesEndpoint endpoint, HttpMessageInvoker http, SharedCredentials? credentials = null, SharedConnections? shared = null)
{
    /// <summary>The most of a refusal's body that is read.</summary>
    const int LongestRefusal = 64 * 1024;

    /// <summary>The most of it that is told.</summary>
    const int LongestReason = 1024;

    readonly Func<HttpRequestMessage, bool, CancellationToken, ValueTask>? _authorize =
        endpoint.Authorize is null || credentials is null ? endpoint.Authorize : credentials.AuthorizeAsync;

    readonly ILogger _logger = endpoint.Logging.CreateLogger(KubernetesEndpoint.LogCategory);

    /// <summary>Where what is asked for by it logs too.</summary>
    internal ILogger Logger => _logger;

    /// <summary>Everything behind the head of an answer that <see cref="SendAsync"/> gave.</summary>
    internal async Task<Stream> StreamOfAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        Stream stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        return UpgradeAnswer.IsShared(response) ? new SharedStream(stream, shared!) : stream;
    }

    /// <summary>Sends the upgrade and returns the 101, or an extended CONNECT's 200, which the caller owns.</summary>
    /// <param name="target">Where to, and for how long to wait.</param>
    /// <param name="method">GET for WebSocket, POST for SPDY.</param>
    /// <param name="protocol">The value of the Upgrade header.</param>
    /// <param name="describe">Adds the headers of this kind of upgrade; called again for a second try.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="UpgradeException">Any other answer, a 101 to something else included.</exception>
    /// <exception cref="ServerUnreachableException">No answer, or none in time.</exception>
    internal async Task<HttpResponseMessage> SendAsync(
        UpgradeTarget target, HttpMethod method, ProductHeaderValue protocol, Action<HttpRequestHeaders> describe,
        CancellationToken cancellationToken)
    {
        bool mayShare = shared is { MayTry: true } && method == HttpMethod.Get && target.Uri.Scheme == Uri.UriSchemeHttps
            && (!target.IsBulk || endpoint.SharesBulk);
        if (!mayShare) return (await AskAsync(target, method, protocol, describe, isConnect: false, cancellationToken))!;
        try
        {
            HttpResponseMessage? answer = await AskAsync(target, method, protocol, describe, isConnect: true, cancellationToken);
            if (answer is not null) return answer;
        }
        catch (UpgradeException e) when (target.WasConnect && UpgradeRefusals.IsForTheMethod(e))
        {
            // something before the server may know no CONNECT; nothing was started
            Log.FallsBack(_logger, "HTTP/2", "HTTP/1.1", $"the server refused it with {(int)e.StatusCode}");
        }

        HttpResponseMessage response = (await AskAsync(target, method, protocol, describe, isConnect: false, cancellationToken))!;
        shared!.NotTaken();
        return response;
    }

    /// <returns>Null where the server does not take an extended CONNECT.</returns>
    async Task<HttpResponseMessage?> AskAsync(
        UpgradeTarget target, HttpMethod method, ProductHeaderValue protocol, Action<HttpRequestHeaders> describe, bool isConnect,
        CancellationToken cancellationToken)
    {
        using CancellationTokenSource deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        UpgradeLog log = new(_logger, target);
        try
        {
            HttpResponseMessage response = await SendOnceAsync(renew: false);
            if (response.StatusCode == HttpStatusCode.Unauthorized && _authorize is not null)
            {
                Log.CredentialsRefused(_logger);
                response.Dispose();
                response = await SendOnceAsync(renew: true);
            }

            bool hasSwitched = UpgradeAnswer.HasSwitched(response);
            string? misfit = hasSwitched ? UpgradeAnswer.WhyNot(response, protocol.ToString()) : null;
            log.Answered(response);
            if (hasSwitched && misfit is null) return response;
            using (response) throw misfit is null
                ? await RefusalAsync(response, target.Withheld, deadline.Token)
                : UpgradeAnswer.Mismatch(target, misfit);
        }
        catch (UpgradeException e)
        {
            log.Refused(e);
            throw;
        }
        catch (HttpRequestException e) when (isConnect && (ConnectRequest.IsNotOffered(e) || ConnectRequest.MayNotBeOffered(e)))
        {
            log.Failed(e);
            if (ConnectRequest.IsNotOffered(e)) shared!.NotTaken();
            return null;
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            TimeoutException late = e.InnerException as TimeoutException // while it was connected to, which has a limit of its own
                ?? endpoint.Late("the server did not answer the upgrade", target.Timeout, e);
            log.Unanswered(late);
            throw new ServerUnreachableException(late);
        }
        catch (HttpRequestException e) when (CredentialFree.Of(e, target.Withheld) is { } told)
        {
            log.Failed(told);
            throw new ServerUnreachableException(told);
        }
        catch (Exception e)
        {
            log.Failed(e);
            if (e is HttpRequestException or IOException and not FairleadException) throw new ServerUnreachableException(e);
            throw;
        }

        async ValueTask AuthorizeAsync(HttpRequestMessage message, bool renew)
        {
            try
            {
                await _authorize(message, renew, cancellationToken);
            }
            catch (Exception e) when (e is IOException and not FairleadException or UnauthorizedAccessException)
            {
                throw new CredentialsException(e); // a token's file is no matter of the server's
            }
        }

        async Task<HttpResponseMessage> SendOnceAsync(bool renew)
        {
            // The handler repeats a request without a body, up to three times, when its connection ends before the answer: the command
            // would run again. One with a body, be it empty, is sent once.
            using HttpRequestMessage message = new(method, target.Uri)
            {
                Version = HttpVersion.Version11,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                Content = new ByteArrayContent([]),
            };
            message.Headers.Connection.Add("Upgrade");
            message.Headers.Upgrade.Add(protocol);
            describe(message.Headers);
            // the server's time does not run while credentials are fetched: a person may have to sign in
            deadline.CancelAfter(Timeout.InfiniteTimeSpan);
            if (_authorize is not null) await AuthorizeAsync(message, renew);
            target.Describe?.Invoke(message.Headers);
            target.Withhold(message.Headers);
            target.WasConnect = isConnect && ConnectRequest.TryMake(message);
            log.Asked(message, protocol.ToString());
            deadline.CancelAfter(target.Timeout);
            return await http.SendAsync(message, deadline.Token);
        }
    }

    /// <summary>Reads what a refusal says. Credentials are taken out of it before it is cut, so that no half of one is left.</summary>
    static async Task<UpgradeException> RefusalAsync(
        HttpResponseMessage response, WithheldWords withheld, CancellationToken cancellationToken)
    {
        Stream body = await response.Content.ReadAsStreamAsync(cancellationToken);
        byte[] bytes = new byte[LongestRefusal];
        int length = await body.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken);
        Status? status = Status.TryParse(bytes.AsSpan(0, length)) is { } read ? withheld.BlankCredentials(read) : null;
        PeerText said = status?.Said ?? new PeerText(withheld.BlankCredentials(PeerText.FromUtf8(bytes.AsSpan(0, length)).Raw)).Trim();
        string reason = said.IsEmpty ? "the server gave no reason" : VisibleText.Line(said.Raw, LongestReason),
            phrase = withheld.BlankCredentials(response.ReasonPhrase);
        if (Redirect.Describe(response, withheld) is { } redirect) return new UpgradeException(redirect, response.StatusCode, status);

        string message = status is null
            ? $"the server refused the upgrade with {(int)response.StatusCode} {new PeerText(phrase)}: {reason}"
            : reason;
        return new UpgradeException(message + KubernetesEndpoint.DoubtAbout(response), response.StatusCode, status);
    }
}
