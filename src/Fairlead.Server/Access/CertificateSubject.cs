using System.Collections.Immutable;
using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;

namespace Fairlead.Server.Access;

/// <summary>Whom a client certificate names, as Kubernetes reads it: the common name is the user, organisations are groups.</summary>
/// <remarks>
/// A subject that two readers could read differently names nobody. Of several common names Go takes the last and others the first; a part
/// with several elements, an encoding other than UTF-8 and ASCII, and spaces at an end, which a header loses, are told differently too.
/// </remarks>
public static class CertificateSubject
{
    const string CommonName = "2.5.4.3", Organization = "2.5.4.10";

    /// <summary>
    /// A service account has tokens. An API server that is shown one by impersonation adds groups that no certificate gives.
    /// </summary>
    const string ServiceAccount = "system:serviceaccount:";

    /// <summary>Reads it.</summary>
    /// <returns>
    /// The user, and the organisations in their order, each once; a null user where the certificate names none, more than one, or one that
    /// no header can carry.
    /// </returns>
    public static (string? User, ImmutableArray<string> Groups) Read(X509Certificate2 certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        try
        {
            return Read(certificate.SubjectName.RawData);
        }
        catch (AsnContentException)
        {
            return (null, []); // no reader need agree with another on what is no name
        }
    }

    static (string? User, ImmutableArray<string> Groups) Read(byte[] subject)
    {
        string? user = null;
        List<string> groups = [];
        AsnReader outer = new(subject, AsnEncodingRules.DER);
        AsnReader parts = outer.ReadSequence();
        outer.ThrowIfNotEmpty();
        while (parts.HasData)
        {
            AsnReader elements = parts.ReadSetOf();
            AsnReader element = elements.ReadSequence();
            if (elements.HasData) return (null, []);
            string type = element.ReadObjectIdentifier();
            if (type is not (CommonName or Organization)) continue;
            if (Text(element) is not { } value) return (null, []);
            if (type == Organization)
            {
                if (!groups.Contains(value)) groups.Add(value);
            }
            else if (user is not null || value.StartsWith(ServiceAccount, StringComparison.Ordinal)) return (null, []);
            else user = value;
        }

        return user is null ? (null, []) : (user, [.. groups]);
    }

    /// <returns>Null for what is no text that every reader reads alike and a header can carry.</returns>
    static string? Text(AsnReader element)
    {
        Asn1Tag tag = element.PeekTag();
        UniversalTagNumber kind = (UniversalTagNumber)tag.TagValue;
        bool isKnown = tag.TagClass == TagClass.Universal
            && kind is (UniversalTagNumber.UTF8String or UniversalTagNumber.PrintableString or UniversalTagNumber.IA5String);
        if (!isKnown) return null;
        string value = element.ReadCharacterString(kind);
        element.ThrowIfNotEmpty();
        return value.Length > 0 && value[0] != ' ' && value[^1] != ' ' && value.All(static c => c is >= ' ' and <= '~') ? value : null;
    }
}
