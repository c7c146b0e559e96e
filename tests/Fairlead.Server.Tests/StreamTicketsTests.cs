using Fairlead.Server.Issued;
using Microsoft.Extensions.Time.Testing;

namespace Fairlead.Server.Tests;

public sealed class StreamTicketsTests
{
    static readonly IssuedForward s_stream = new((_, _) => throw new NotSupportedException(), "ns", "pod", []);

    [Fact]
    public void A_ticket_is_good_once()
    {
        StreamTickets tickets = new(TimeProvider.System);
        string ticket = tickets.Issue(s_stream)!;
        Assert.Same(s_stream, tickets.Redeem(ticket));
        Assert.Null(tickets.Redeem(ticket));
    }

    [Fact]
    public void A_ticket_is_good_for_a_minute()
    {
        FakeTimeProvider time = new();
        StreamTickets tickets = new(time);
        string early = tickets.Issue(s_stream)!, late = tickets.Issue(s_stream)!;
        time.Advance(StreamTickets.Lifetime - TimeSpan.FromSeconds(1));
        Assert.NotNull(tickets.Redeem(early));
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(tickets.Redeem(late));
    }

    [Fact]
    public void One_character_changed_anywhere_is_another_ticket()
    {
        StreamTickets tickets = new(TimeProvider.System);
        string ticket = tickets.Issue(s_stream)!;
        for (int i = 0; i < ticket.Length; i++)
        {
            foreach (char other in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".Where(other => other != ticket[i])) // also where it carries bits that say nothing
                Assert.Null(tickets.Redeem(ticket[..i] + other + ticket[(i + 1)..]));
        }

        Assert.NotNull(tickets.Redeem(ticket)); // a wrong guess takes nothing away
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("short")]
    [InlineData(" AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("not base64 at all, and longer than any ticket could possibly be, by far")]
    public void Other_text_is_none(string? text) => Assert.Null(new StreamTickets(TimeProvider.System).Redeem(text));

    [Fact]
    public void Only_so_many_wait_at_a_time()
    {
        FakeTimeProvider time = new();
        StreamTickets tickets = new(time);
        List<string> issued = [.. Enumerable.Range(0, StreamTickets.Most).Select(_ => tickets.Issue(s_stream)!)];
        Assert.Null(tickets.Issue(s_stream));
        Assert.NotNull(tickets.Redeem(issued[500]));
        Assert.NotNull(tickets.Issue(s_stream));
        Assert.Null(tickets.Issue(s_stream));
        time.Advance(StreamTickets.Lifetime);
        Assert.NotNull(tickets.Issue(s_stream));
    }
}
