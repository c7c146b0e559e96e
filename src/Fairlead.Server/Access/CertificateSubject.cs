using System.Collections.Immutable;
using System.Security.Cryptography.X509Certificates;

namespace Fairlead.Server;

/// <summary>Whom a client certificate names, as Kubernetes reads it: the common name is the user, organisations are groups.</summary>
public static class CertificateSubject
{
    const string CommonName = "2.5.4.3", Organization = "2.5.4.10";

    /// <summary>Reads it.</summary>
    /// <returns>A null user where the certificate names none, or one that no header can carry.</returns>
    public static (string? User, ImmutableArray<string> Groups) Read(X509Certificate2 certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        string? user = null;
        List<string> groups = [];
        foreach (X500RelativeDistinguishedName part in certificate.SubjectName.EnumerateRelativeDistinguishedNames())
        {
            if (part.HasMultipleElements) return (null, []); // nobody issues these, and readers disagree on them
            string type = part.GetSingleElementType().Value ?? "";
            if (type is not (CommonName or Organization)) continue;
            string value = part.GetSingleElementValue() ?? "";
            if (value.Length == 0 || !value.All(static c => c is >= ' ' and <= '~')) return (null, []);
            if (type == Organization) groups.Add(value);
            else user = value;
        }

        return (user, [.. groups]);
    }
}
