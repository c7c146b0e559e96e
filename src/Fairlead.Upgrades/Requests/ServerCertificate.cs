using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Fairlead.Wire;

namespace Fairlead.Upgrades.Requests;

/// <summary>Says in sentences why a server's certificate is not to be trusted: for whom it is, until when, whose it is.</summary>
static class ServerCertificate
{
    /// <summary>A certificate may have hundreds of names.</summary>
    const int MostNames = 8;

    const X509ChainStatusFlags Unsigned =
        X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.NotSignatureValid;

    const X509ChainStatusFlags Untimely = X509ChainStatusFlags.NotTimeValid;

    /// <summary>
    /// Trusts what .NET does, in other words where it does not; and not a certificate whose authority was not found, which wine's Windows
    /// lets pass.
    /// </summary>
    /// <exception cref="ServerCertificateException">It is not to be trusted.</exception>
    internal static bool Check(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (IsUnsigned(chain)) errors |= SslPolicyErrors.RemoteCertificateChainErrors;
        return errors == SslPolicyErrors.None || Refuse(Refusal((SslStream)sender, certificate, chain, errors));
    }

    static bool IsUnsigned(X509Chain? chain) => (All(chain) & Unsigned) != 0
        && !chain!.ChainPolicy.VerificationFlags.HasFlag(X509VerificationFlags.AllowUnknownCertificateAuthority);

    static bool Refuse(ServerCertificateException why) => throw why;

    static ServerCertificateException Refusal(SslStream connection, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is not X509Certificate2 shown)
            return new ServerCertificateException("the server showed no certificate", "the server showed no certificate");

        List<string> faults = [];
        bool isOthers = errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch);
        if (isOthers)
            faults.Add($"is for {Names(shown)}, and not for {(PeerText)connection.TargetHostName}, the name that it was asked by");
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors) && chain is not null) faults.AddRange(Faults(shown, chain));
        return new ServerCertificateException(
            "the server's certificate " + (faults.Count > 0 ? string.Join("; it ", faults) : "is not to be trusted"),
            Brief(isOthers, chain));
    }

    static string Brief(bool isOthers, X509Chain? chain)
    {
        if (isOthers) return "the server's certificate is for another name than the one that it was asked by";
        X509ChainStatusFlags all = All(chain);
        return all.HasFlag(Untimely) ? "the server's certificate, or one that vouches for it, has expired or is not valid yet"
            : (all & Unsigned) != 0 ? "no authority that is trusted here has signed the server's certificate"
            : "the server's certificate is not to be trusted";
    }

    static X509ChainStatusFlags All(X509Chain? chain) =>
        chain?.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, static (flags, status) => flags | status.Status)
            ?? X509ChainStatusFlags.NoError;

    static IEnumerable<string> Faults(X509Certificate2 shown, X509Chain chain)
    {
        X509ChainStatusFlags all = All(chain);
        if (all.HasFlag(Untimely))
        {
            X509Certificate2[] late = [.. chain.ChainElements.Where(
                static element => element.ChainElementStatus.Any(static status => status.Status.HasFlag(Untimely)))
                .Select(static element => element.Certificate)];
            yield return late is [] || late.Any(certificate => certificate.RawDataMemory.Span.SequenceEqual(shown.RawDataMemory.Span))
                ? Time(shown)
                : $"is vouched for by {(PeerText)late[0].Subject}, whose own {Time(late[0])}";
        }

        if ((all & Unsigned) != 0)
            yield return $"is signed by no authority that is trusted here: it is {(PeerText)shown.Subject}, issued by " +
            $"{(PeerText)shown.Issuer}";
        if ((all & ~(Unsigned | Untimely)) is not X509ChainStatusFlags.NoError and var others)
            yield return $"is not to be trusted ({others})";
    }

    static string Time(X509Certificate2 certificate) => DateTime.UtcNow > certificate.NotAfter.ToUniversalTime()
        ? $"expired on {Utc(certificate.NotAfter)}"
        : $"is not valid before {Utc(certificate.NotBefore)}";

    static string Utc(DateTime local) => local.ToUniversalTime().ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);

    static string Names(X509Certificate2 certificate)
    {
        string[] names = [.. certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>()
            .SelectMany(static names => names.EnumerateDnsNames()
                .Concat(names.EnumerateIPAddresses().Select(static address => address.ToString())))];
        string shown = string.Join(", ", names.Take(MostNames).Select(static name => new PeerText(name).ToString()));
        return names.Length == 0 ? "no name of a server" : names.Length > MostNames
            ? $"{shown} and {names.Length - MostNames} other names"
            : shown;
    }
}
