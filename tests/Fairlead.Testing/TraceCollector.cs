using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Fairlead.Testing;

/// <summary>A collector of OpenTelemetry for tests: takes what is exported by OTLP as http/protobuf, and shows the spans.</summary>
public sealed class TraceCollector : IAsyncDisposable
{
    readonly ConcurrentQueue<CollectedSpan> _spans = [];
    readonly ConcurrentQueue<Exception> _failures = [];
    readonly HttpListener _listener;
    readonly Task _serving;

    /// <summary>Listens from now on.</summary>
    public TraceCollector()
    {
        (_listener, Url) = Listen();
        _serving = ServeAsync();
    }

    /// <summary>Its address.</summary>
    public Uri Url { get; }

    /// <summary>What has come so far.</summary>
    public IReadOnlyCollection<CollectedSpan> Spans => _failures.TryPeek(out Exception? failure) ? throw new InvalidDataException("What came is no export.", failure) : [.. _spans];

    /// <summary>What a process is told that is to export here, at its end and every tenth of a second.</summary>
    public IReadOnlyDictionary<string, string?> Environment => new Dictionary<string, string?>
    {
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = Url.AbsoluteUri,
        ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
        ["OTEL_METRICS_EXPORTER"] = "none",
        ["OTEL_BSP_SCHEDULE_DELAY"] = "100",
    };

    /// <summary>Waits until what came is as it should be.</summary>
    /// <exception cref="TimeoutException">It never was; says what came.</exception>
    public async Task HoldsAsync(Func<IReadOnlyCollection<CollectedSpan>, bool> condition, string what, CancellationToken cancellationToken)
    {
        try
        {
            await Eventually.HoldsAsync(() => condition(Spans), what, cancellationToken: cancellationToken);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{e.Message}; there were:\n{string.Join('\n', Spans.Select(static span => $"{span.Trace} {span.Id} below {span.Parent}: {span.Service} {span.Name}"))}", e);
        }
    }

    async Task ServeAsync()
    {
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException && !_listener.IsListening)
            {
                return; // closed
            }

            try
            {
                using MemoryStream body = new();
                await context.Request.InputStream.CopyToAsync(body);
                if (context.Request.Url!.AbsolutePath.EndsWith("/traces", StringComparison.Ordinal))
                {
                    foreach (CollectedSpan span in CollectedSpan.Read(body.ToArray())) _spans.Enqueue(span);
                }

                context.Response.ContentType = "application/x-protobuf";
                context.Response.Close(); // an empty message: all of it was taken
            }
            catch (Exception e) when (e is InvalidDataException or OverflowException or ArgumentException or HttpListenerException)
            {
                _failures.Enqueue(e);
                context.Response.Abort();
            }
        }
    }

    static (HttpListener Listener, Uri Url) Listen()
    {
        for (int left = 10; ; left--)
        {
            using TcpListener free = new(IPAddress.Loopback, 0);
            free.Start();
            Uri url = new($"http://127.0.0.1:{((IPEndPoint)free.LocalEndpoint).Port}/");
            free.Stop();
            HttpListener listener = new();
            listener.Prefixes.Add(url.AbsoluteUri);
            try
            {
                listener.Start();
                return (listener, url);
            }
            catch (HttpListenerException) when (left > 0)
            {
                listener.Close(); // somebody else took that port in between
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _listener.Close();
        await _serving;
    }
}
