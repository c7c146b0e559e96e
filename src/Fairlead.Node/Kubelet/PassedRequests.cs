using System.Net;
using System.Security.Authentication;
using Fairlead.Server.Answers;
using Fairlead.Server.Handshakes;
using Fairlead.Upgrades.Requests;
using Fairlead.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Forwarder;

namespace Fairlead.Node.Kubelet;

/// <summary>Everything that is no stream, by YARP: logs that are followed, metrics, stats, and what a later kubelet adds.</summary>
sealed class PassedRequests : IDisposable
{
    /// <summary>The kubelet's certificate and the front's may be replaced one after the other while a request is on its way.</summary>
    const int MostRepeats = 3;

    static readonly UriCreationOptions s_asItIs = new() { DangerousDisablePathAndQueryCanonicalization = true };

    readonly ForwarderRequestConfig _config;

    /// <summary>An upgrade is of HTTP/1.1.</summary>
    readonly ForwarderRequestConfig _upgrade = new()
    {
        ActivityTimeout = Timeout.InfiniteTimeSpan,
        Version = HttpVersion.Version11,
        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    readonly KubeletSide _plain;
    readonly KubeletSide? _own;
    readonly IHttpForwarder _forwarder;
    readonly ILogger _logger;
    readonly string _authority;

    /// <exception cref="InvalidDataException">A file cannot be read or understood. The message names it.</exception>
    internal PassedRequests(KubeletOptions options, IHttpForwarder forwarder, TimeProvider clock, ILoggerFactory logging)
    {
        (_forwarder, _logger) = (forwarder, logging.CreateLogger("Fairlead.Node"));
        _authority = options.Address.GetLeftPart(UriPartial.Authority);
        _config = new ForwarderRequestConfig
        {
            ActivityTimeout = Timeout.InfiniteTimeSpan, // a followed log may be silent for as long as it likes
            Version = options.Address.Scheme == Uri.UriSchemeHttps ? HttpVersion.Version20 : HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        _plain = new KubeletSide(options, isOwn: false, clock, logging);
        try
        {
            _own = options.HasCredential ? new KubeletSide(options, isOwn: true, clock, logging) : null;
        }
        catch
        {
            _plain.Dispose();
            throw;
        }
    }

    /// <summary>Sends it with what its caller showed, which the kubelet judges.</summary>
    internal Task SendAsync(HttpContext context, KubeletPath path, FrontCaller caller, bool isUpgrade) =>
        SendAsync(context, path, _plain, request =>
        {
            foreach (string? line in caller.Authorization) request.Headers.TryAddWithoutValidation("Authorization", line);
        }, isUpgrade);

    /// <summary>Sends with the front's credential what the front has judged as exactly this request.</summary>
    internal Task SendAsOwnAsync(HttpContext context, KubeletPath path, bool isUpgrade) => _own is { } own
        ? SendAsync(context, path, own, own.Authorize, isUpgrade)
        : throw Refusal("this node's front has no credential of its own for the kubelet: see --kubelet-client-cert");

    async Task SendAsync(HttpContext context, KubeletPath path, KubeletSide side, Action<HttpRequestMessage> authorize, bool isUpgrade)
    {
        DataRates.Lift(context);
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } body) body.MaxRequestBodySize = null;
        bool canRepeat = context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false };
        for (int repeats = 0; ; repeats++)
        {
            int generation = side.Generation;
            PassedTransformer transformer = new(new Uri(_authority + path.Target, in s_asItIs), authorize, isOwn: side == _own);
            ForwarderError error = await _forwarder.SendAsync(
                context, _authority, side.Http, isUpgrade ? _upgrade : _config, transformer, context.RequestAborted);
            context.RequestAborted.ThrowIfCancellationRequested();
            Exception? failure = context.Features.Get<IForwarderErrorFeature>()?.Exception;
            bool mayBeNews = transformer.OwnRefusal is not null || IsOfTls(failure);
            if (mayBeNews && canRepeat && repeats < MostRepeats && !context.Response.HasStarted && await side.RenewAsync(generation))
            {
                context.Response.Clear(); // the forwarder has set the code
                context.Features.Set<IForwarderErrorFeature>(null);
                continue;
            }

            if (transformer.OwnRefusal is { } code)
            {
                context.Response.Clear(); // the kubelet's reason phrase with it
                throw Refusal(
                    $"the kubelet does not allow the front's own credential what it is asked for ({(int)code}): it needs the rights of a " +
                    "kubelet's client");
            }

            if (error is not ForwarderError.None) Fail(context, error, failure);
            return;
        }
    }

    void Fail(HttpContext context, ForwarderError error, Exception? failure)
    {
        if (error is ForwarderError.RequestBodyClient or ForwarderError.RequestBodyCanceled)
            throw new ApiRefusal(Status.Refusal(400, "BadRequest", "the request's body did not come whole"));
        string why = failure is null ? error.ToString() : RequestFault.Describe(failure);
        if (context.Response.HasStarted) throw new IOException("the kubelet's answer broke off: " + why, failure);
        Log.KubeletNotAsked(_logger, failure, context.Request.Method, why);
        throw Refusal("the kubelet could not be asked: " + why);
    }

    static bool IsOfTls(Exception? failure)
    {
        for (; failure is not null; failure = failure.InnerException)
        {
            if (failure is AuthenticationException) return true;
        }

        return false;
    }

    static ApiRefusal Refusal(string why) => new(Status.Refusal(502, "BadGateway", why));

    public void Dispose()
    {
        _plain.Dispose();
        _own?.Dispose();
    }
}
