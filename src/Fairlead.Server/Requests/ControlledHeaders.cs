using System.Net.Http.Headers;

namespace Fairlead.Server.Requests;

/// <summary>
/// Headers of an answer that no HTTP server may send (RFC 9110 section 5.5: a value has no control characters). They are left out: the
/// answer that they came with is worth more than they are, since what was asked for has been done.
/// </summary>
public static class ControlledHeaders
{
    /// <summary>Takes them out of an answer that is to be passed on.</summary>
    /// <param name="answer">The answer, as the server behind gave it.</param>
    public static void Remove(HttpResponseMessage answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        Remove(answer.Headers);
        Remove(answer.Content.Headers);
    }

    static void Remove(HttpHeaders headers)
    {
        List<string>? controlled = null;
        foreach ((string name, HeaderStringValues values) in headers.NonValidated)
        {
            foreach (string value in values)
            {
                if (!value.Any(static c => char.IsAscii(c) && char.IsControl(c) && c != '\t')) continue;
                (controlled ??= []).Add(name);
                break;
            }
        }

        foreach (string name in controlled ?? []) headers.Remove(name);
    }
}
