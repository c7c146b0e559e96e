using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Fairlead.Node.Host;
using Fairlead.Streaming.Tls;
using Fairlead.Upgrades.Requests;

namespace Fairlead.Node.Checks;

/// <summary>Asks the kubelet for something that only <c>nodes/proxy</c> allows, with the front's own credential.</summary>
/// <param name="options">The machine.</param>
/// <param name="settings">What the kubelet's configuration says.</param>
sealed class KubeletCheck(NodeCheckOptions options, KubeletSettings settings)
{
    const string Name = "front's credential";

    /// <summary>Logs of no pod: whoever may have them is told that there is none.</summary>
    const string Question = "/containerLogs/fairlead-check/none/none";

    /// <summary>Whose credential ends sooner should renew it now.</summary>
    static readonly TimeSpan s_short = TimeSpan.FromDays(30);

    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    public async Task<CheckLine> RunAsync(CancellationToken cancellationToken)
    {
        Uri address = options.Kubelet ?? new Uri($"https://127.0.0.1:{settings.Port}");
        using CancellationTokenSource late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        late.CancelAfter(s_patience);
        try
        {
            X509Certificate2 served = PemCertificates.ReadAuthorities(Read(settings.CertificateFile), settings.CertificateFile)[0];
            using SocketsHttpHandler handler = new() { UseProxy = false, AllowAutoRedirect = false };
            handler.SslOptions = new SslClientAuthenticationOptions
            {
                // The one certificate that the kubelet's own file holds, whatever its names.
                RemoteCertificateValidationCallback = (_, shown, _, _) => shown is not null
                    && shown.GetRawCertData().AsSpan().SequenceEqual(served.RawData),
            };
            DateTime? end = null;
            if (options is { ClientCertificateFile: { } certificate, ClientKeyFile: { } key })
            {
                SslStreamCertificateContext own = PemCertificates.ReadIdentity(Read(certificate), Read(key), certificate);
                (handler.SslOptions.ClientCertificateContext, end) = (own, own.TargetCertificate.NotAfter.ToUniversalTime());
            }

            using HttpMessageInvoker http = new(handler);
            using HttpRequestMessage request = new(HttpMethod.Get, new Uri(address, Question));
            if (options.TokenFile is { } token)
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Encoding.ASCII.GetString(Read(token)).Trim());
            using HttpResponseMessage response = await http.SendAsync(request, late.Token);
            return Judge(address, response.StatusCode, end);
        }
        catch (InvalidDataException e)
        {
            return new(Name, CheckOutcome.Fault, e.Message);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            string why = late.IsCancellationRequested ? $"it did not answer within {s_patience.TotalSeconds:0} s"
                : RequestFault.Describe(e);
            return new(Name, CheckOutcome.Fault, $"the kubelet at {address.Authority} cannot be asked: {why}");
        }
    }

    CheckLine Judge(Uri address, HttpStatusCode answer, DateTime? end)
    {
        string allows = $"the kubelet at {address.Authority} answers, and allows it what a front passes on";
        bool shown = options.ClientCertificateFile is not null || options.TokenFile is not null;
        return answer switch
        {
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden when !shown => new(Name, CheckOutcome.Fault,
                $"the kubelet at {address.Authority} answers, and the front has nothing to show it: name --kubelet-client-cert and " +
                "--kubelet-client-key, or --kubelet-token-file; logs and metrics of those who come with a certificate need it"),
            HttpStatusCode.Unauthorized => new(Name, CheckOutcome.Fault,
                $"the kubelet at {address.Authority} does not believe it: is it of one of its client authorities, and not ended?"),
            HttpStatusCode.Forbidden => new(Name, CheckOutcome.Fault,
                $"the kubelet at {address.Authority} knows it and does not allow nodes/proxy: bind its user to system:kubelet-api-admin"),
            _ when end - options.Clock.GetUtcNow().UtcDateTime < s_short =>
                new(Name, CheckOutcome.Notice, $"{allows}; it ends on {end:yyyy-MM-dd}: renew it"),
            _ when end is not null => new(Name, CheckOutcome.Fine, $"{allows}; it ends on {end:yyyy-MM-dd}"),
            _ => new(Name, CheckOutcome.Fine, allows),
        };
    }

    byte[] Read(string path) => options.Root.ReadBytes(path) ?? throw new InvalidDataException($"{path}: there is no such file");
}
