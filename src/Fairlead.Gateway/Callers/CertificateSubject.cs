using System.Collections.Immutable;
using System.Security.Cryptography.X509Certificates;

namespace Fairlead.Gateway.Callers;

/// <summary>Whom a client certificate names, as Kubernetes reads it: the common name is the user, organisations are groups.</summary>
static class CertificateSubject
{
    const string CommonName = "2.5.4.3", Organization = "2.5.4.10";

    /// <returns>A null user where the certificate names none, or one that no header can carry.</returns>
    internal static (string? User, ImmutableArray<string> Groups) Read(X509Certificate2 certificate)
    {
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
