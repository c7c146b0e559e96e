using Fairlead.Server.Access;
using Fairlead.Wire;
using Microsoft.AspNetCore.Http;

namespace Fairlead.Server.Requests;

/// <summary>What of a request no log may quote: its query, which holds the command, and its headers, which hold credentials.</summary>
public static class RequestSecrets
{
    /// <summary>Names of parameters are in every text; values of others are numbers and yes or no.</summary>
    static readonly string[] s_names = [
        "command", "container", "stdin", "stdout", "stderr", "tty", "input", "output", "error", "port", "ports"];

    /// <summary>
    /// Collects them as they are now, before anybody takes credentials out of the headers. That is cheap: words are prepared when they are
    /// needed.
    /// </summary>
    public static WithheldWords Of(HttpRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        List<KeyValuePair<string, string>> headers = [];
        foreach ((string name, var values) in request.Headers)
        {
            foreach (string? value in values) headers.Add(new(name, value ?? ""));
        }

        foreach (string token in SubprotocolToken.Offered(request)) headers.Add(new("Authorization", "Bearer " + token));
        return WithheldWords.OfRequest(QueryWords(request.QueryString.Value ?? ""), headers);
    }

    static string[] QueryWords(string query)
    {
        List<string> words = [];
        foreach (string pair in query.TrimStart('?').Split('&'))
        {
            string[] parts = pair.Split('=', 2);
            if (!s_names.Contains(parts[0])) words.AddRange(parts);
            else if (parts.Length > 1 && (parts[0] == "command" || !IsPlain(parts[1]))) words.Add(parts[1]);
        }

        return [.. words];
    }

    static bool IsPlain(string value) => value is "true" or "false" || (value.Length <= 5 && value.All(char.IsAsciiDigit));
}
