using CsCheck;
using Fairlead.Wire.Sessions;

namespace Fairlead.Wire.Tests.Sessions;

/// <summary>The bytes of docs/protocols/session.md, and that no bytes are too odd to be read.</summary>
public sealed class SessionMessageTests
{
    static readonly UInt128 s_server = new(0x0011223344556677, 0x8899aabbccddeeff), s_id = new(0x0f0e0d0c0b0a0908, 0x0706050403020100);
    static readonly byte[] s_secret = [.. Enumerable.Repeat((byte)0xa5, 32)],
        s_digest = RequestDigest.Of(isExec: true, stdin: true, stdout: true, stderr: false, tty: false, ["cat"]);

    static SessionOpening Opening(bool isKnown) => new()
    {
        Id = s_id,
        Attempt = isKnown ? 2u : 1,
        Secret = s_secret,
        Digest = s_digest,
        First = new SessionMoment(s_server, 1000),
        IsKnown = isKnown,
        Keep = TimeSpan.FromMinutes(5),
    };

    [Fact]
    public void The_pages_example_is_what_is_sent()
    {
        byte[] buffer = new byte[SessionMessage.LongestConfirm];
        string[] sent =
        [
            "S" + Hex(SessionMessage.EncodeHello(new SessionHello(new SessionMoment(s_server, 1000), TimeSpan.FromMinutes(5)))),
            "C" + Hex(SessionMessage.EncodeOpen(Opening(isKnown: false))),
            "S" + Hex(SessionMessage.EncodeOpened(new SessionAnswer(false, []))),
            "C006869",
            "S" + Hex(SessionMessage.EncodeHello(new SessionHello(new SessionMoment(s_server, 2000), TimeSpan.FromMinutes(5)))),
            "C" + Hex(SessionMessage.EncodeOpen(Opening(isKnown: true))),
            "S" + Hex(SessionMessage.EncodeOpened(new SessionAnswer(true, [new(0, 2)]))),
            "S016869",
            "S" + Confirm((0, 2)),
            "C" + End(0, 2),
            "C" + Confirm((1, 2)),
            "S" + Confirm((0, 3)),
            "S" + End(1, 2),
            "S03" + Hex(Status.Success.ToJson()),
            "S" + End(3, Status.Success.ToJson().Length),
            "C" + Confirm((1, 3), (3, Status.Success.ToJson().Length + 1)),
            "S" + Hex(SessionMessage.EncodeRefused(SessionRefusal.ServerLost, "so it is gone")),
            "C" + Hex(SessionMessage.Leave.Span),
        ];
        Assert.Equal(Page().Replace("DIGEST", Hex(s_digest), StringComparison.Ordinal).Split('\n'), sent);

        string Confirm(params (byte Channel, long Total)[] totals) =>
            Hex(buffer.AsSpan(0, SessionMessage.WriteConfirm(buffer, [.. totals.Select(total => new ChannelTotal(total.Channel, total.Total))])));
        string End(byte channel, long length) => Hex(buffer.AsSpan(0, SessionMessage.WriteEnd(buffer, channel, length)));
    }

    /// <summary>The messages of the page's example, one a line: who, and the bytes.</summary>
    static string Page()
    {
        StringBuilder messages = new();
        string page = File.ReadAllText(Path.Combine(Repository.Root, "docs/protocols/session.md"));
        foreach (string line in page[page.IndexOf("## Example", StringComparison.Ordinal)..].Split('\n'))
        {
            if (line.StartsWith("    S  ", StringComparison.Ordinal) || line.StartsWith("    C  ", StringComparison.Ordinal))
                messages.Append(messages.Length > 0 ? "\n" : "").Append(line.Trim()[0]).Append(line.Trim()[1..].Replace(" ", "", StringComparison.Ordinal));
            else if (line.StartsWith("       ", StringComparison.Ordinal)) messages.Append(line.Replace(" ", "", StringComparison.Ordinal));
        }

        return messages.ToString();
    }

    [Fact]
    public void The_digest_is_of_what_the_page_says()
    {
        byte[] said = [(byte)'e', 1 | 2, 0, 0, 0, 3, (byte)'c', (byte)'a', (byte)'t'];
        Assert.Equal(System.Security.Cryptography.SHA256.HashData(said), s_digest);
        Assert.NotEqual(RequestDigest.Of(true, true, true, false, false, ["a", "b"]), RequestDigest.Of(true, true, true, false, false, ["ab"]));
        Assert.NotEqual(RequestDigest.Of(true, true, true, false, false, []), RequestDigest.Of(false, true, true, false, false, []));
        Assert.Equal(RequestDigest.Of(true, true, true, true, true, ["a"]), RequestDigest.Of(true, true, true, false, true, ["a"]));
    }

    static readonly Gen<ChannelTotal[]> s_totals = Gen.Select(Gen.Byte[0, 15], Gen.Long[0, long.MaxValue - 1], (channel, total) => new ChannelTotal(channel, total)).Array[0, 16];

    [Fact]
    public void Openings_come_back_as_they_went() =>
        Gen.Select(Gen.ULong, Gen.ULong, Gen.Byte.Array[32], Gen.Byte.Array[32], Gen.Long[0, long.MaxValue], Gen.Bool, s_totals, Gen.UInt).Sample((high, low, secret, digest, clock, isKnown, totals, keep) =>
        {
            SessionOpening opening = new() { Id = new(high, low), Attempt = (uint)low, Secret = secret, Digest = digest, First = new(new(low, high), clock), IsKnown = isKnown, Received = totals, Keep = TimeSpan.FromSeconds(keep) };
            byte[] message = SessionMessage.EncodeOpen(opening);
            Assert.InRange(message.Length, 1, SessionMessage.LongestControl);
            SessionOpening? read = SessionMessage.DecodeOpen([.. message.AsSpan(1), 1, 2, 3]);
            Assert.NotNull(read);
            Assert.Equal((opening.Id, opening.Attempt, opening.First, isKnown), (read.Id, read.Attempt, read.First, read.IsKnown));
            Assert.Equal(Hex(secret) + Hex(digest), Hex(read.Secret.Span) + Hex(read.Digest.Span));
            Assert.Equal(totals, read.Received);
            Assert.Equal(opening.Keep < SessionMessage.LongestKeep ? opening.Keep : SessionMessage.LongestKeep, read.Keep);
            Assert.DoesNotContain(Hex(secret)[..8], read.ToString(), StringComparison.OrdinalIgnoreCase);
            for (int length = 0; length < message.Length - 1; length++) Assert.Null(SessionMessage.DecodeOpen(message.AsSpan(1, length)));
        });

    [Fact]
    public void The_others_come_back_too() =>
        Gen.Select(Gen.ULong, Gen.Long[0, long.MaxValue], Gen.UInt[0, 30 * 24 * 3600], Gen.Bool, s_totals, Gen.Enum<SessionRefusal>(), Gen.String).Sample((server, clock, keep, isResumed, totals, code, text) =>
        {
            SessionHello hello = new(new(server, clock), TimeSpan.FromSeconds(keep));
            Assert.Equal(hello, SessionMessage.DecodeHello(SessionMessage.EncodeHello(hello).AsSpan(1)));
            SessionAnswer? answer = SessionMessage.DecodeOpened(SessionMessage.EncodeOpened(new(isResumed, totals)).AsSpan(1));
            Assert.Equal(isResumed, answer?.IsResumed);
            Assert.Equal(totals, answer?.Received);
            byte[] confirm = new byte[SessionMessage.LongestConfirm];
            int length = SessionMessage.WriteConfirm(confirm, totals);
            ChannelTotal[] read = new ChannelTotal[16];
            Assert.Equal(totals.Length, SessionMessage.ReadConfirm(confirm.AsSpan(1, length - 1), read));
            Assert.Equal(totals, read[..totals.Length]);
            Assert.True(SessionMessage.TryDecodeRefused(SessionMessage.EncodeRefused(code, text).AsSpan(1), out SessionRefusal same, out PeerText said));
            Assert.Equal(code, same);
            Assert.True(said.Raw.Length <= SessionMessage.LongestText);
        });

    [Fact]
    public void Any_bytes_are_read_without_a_fault_of_ours() => Gen.Byte.Array[0, 300].Sample(bytes =>
    {
        SessionMessage.DecodeHello(bytes);
        SessionMessage.DecodeOpen(bytes);
        SessionMessage.DecodeOpened(bytes);
        SessionMessage.TryDecodeRefused(bytes, out _, out _);
        SessionMessage.ReadConfirm(bytes, new ChannelTotal[16]);
        Assert.True(SessionMessage.DecodeEnd(bytes) is not { Total: < 0 });
    });

    [Theory]
    [InlineData("session.fairlead.v1, v5.channel.k8s.io, v4.channel.k8s.io", "session.fairlead.v1")]
    [InlineData("v4.channel.k8s.io, session.fairlead.v1", "session.fairlead.v1")]
    [InlineData("v5.channel.k8s.io, v4.channel.k8s.io", "v5.channel.k8s.io")]
    public void A_server_that_knows_it_picks_it_and_others_do_not(string offer, string picked)
    {
        Assert.Equal(picked, SubprotocolNegotiation.Pick(SubprotocolNegotiation.Split([offer]), RemoteCommandProtocol.Accepted)?.Name);
        Assert.NotEqual(SessionMessage.Subprotocol, SubprotocolNegotiation.Pick(SubprotocolNegotiation.Split([offer]), RemoteCommandProtocol.All)?.Name);
    }

    static string Hex(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(bytes);
}
