using System.Text;

namespace Fairlead.Wire;

/// <summary>The words by which a header's value can be told: a scheme and a token, or a name and a password in base64.</summary>
public static class CredentialWords
{
    /// <summary>The value whole, what follows its scheme, and of <c>Basic</c> what is in it.</summary>
    /// <param name="value">The value of Authorization, Proxy-Authorization or Cookie.</param>
    public static IEnumerable<string> Of(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        yield return value;
        string[] parts = value.Split(' ', 2, StringSplitOptions.TrimEntries);
        if (parts.Length < 2) yield break;
        yield return parts[1];
        byte[] bytes = new byte[parts[1].Length];
        if (!parts[0].Equals("Basic", StringComparison.OrdinalIgnoreCase) || !Convert.TryFromBase64String(parts[1], bytes, out int length))
            yield break;
        string pair = Encoding.UTF8.GetString(bytes, 0, length);
        yield return pair;
        foreach (string part in pair.Split(':', 2)) yield return part;
    }
}
