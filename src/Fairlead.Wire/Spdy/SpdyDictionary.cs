using System.Buffers.Binary;
using System.Text;

namespace Fairlead.Wire.Spdy;

/// <summary>
/// The preset dictionary of header compression, put together from its words. Source: the SPDY/3.1 draft, section 2.6.10.1; the words
/// are those that HTTP headers were made of in 2012.
/// </summary>
static class SpdyDictionary
{
    internal const int Length = 1423;

    /// <summary>Its Adler-32 sum, which a zlib header names it by.</summary>
    internal const uint Adler32 = 0xE3C6A7C2;

    /// <summary>Each stands behind its length.</summary>
    const string Words =
        "options|head|post|put|delete|trace|accept|accept-charset|accept-encoding|accept-language|accept-ranges|age|allow|authorization|" +
        "cache-control|connection|content-base|content-encoding|content-language|content-length|content-location|content-md5|" +
        "content-range|content-type|date|etag|expect|expires|from|host|if-match|if-modified-since|if-none-match|if-range|" +
        "if-unmodified-since|last-modified|location|max-forwards|pragma|proxy-authenticate|proxy-authorization|range|referer|" +
        "retry-after|server|te|trailer|transfer-encoding|upgrade|user-agent|vary|via|warning|www-authenticate|method|get|status|200 OK|" +
        "version|HTTP/1.1|url|public|set-cookie|keep-alive|origin";

    /// <summary>Stands as it is.</summary>
    const string Tail =
        "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505" +
        "203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden404 Not Found" +
        "500 Internal Server Error501 Not Implemented503 Service Unavailable" +
        "Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMT" +
        "chunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain,text/javascript,publicprivate" +
        "max-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0.";

    internal static byte[] Bytes { get; } = Build();

    static byte[] Build()
    {
        byte[] dictionary = new byte[Length];
        Span<byte> rest = dictionary;
        foreach (string word in Words.Split('|'))
        {
            BinaryPrimitives.WriteInt32BigEndian(rest, word.Length);
            rest = rest[(sizeof(int) + Encoding.ASCII.GetBytes(word, rest[sizeof(int)..]))..];
        }

        Encoding.ASCII.GetBytes(Tail, rest);
        return dictionary;
    }
}
