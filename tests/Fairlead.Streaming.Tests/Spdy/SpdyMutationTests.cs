using System.Net.Sockets;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Streaming.Spdy;
using Fairlead.Wire;

namespace Fairlead.Streaming.Tests.Spdy;

/// <summary>What a client sends in a whole session, damaged at random: the session ends in one of the ways that are meant, and at once.</summary>
public sealed class SpdyMutationTests
{
    /// <summary>Five streams of a Go client, input, a ping, SETTINGS, a reset and a GOAWAY.</summary>
    const string Session =
        "80030001000000290000000100000000000078f9e3c6a7c26260606004a7b392a2d4c45c6851c29a0a0a6800000000ffff" +
        "800300010000001700000003000000000000c22e555c92929907000000ffff800300010000001900000005000000000000c22ac5565c92925f5a02000000ffff" +
        "800300010000001500000007000000000000c229975a5404000000ffff800300010000001800000009000000000000c22e57945a9c59950a000000ffff" +
        "000000030000000368690a800300060000000400000001800300040000000c00000001000000070001000000000003010000028003" +
        "8003000300000008000000090000000580030007000000080000000000000000";

    [Theory]
    [InlineData(0, 100)]
    [InlineData(1000, 100)]
    [InlineData(2000, 100)]
    public async Task A_damaged_session_ends_as_a_session_ends(int firstSeed, int count)
    {
        RemoteCommandRequest terminal = new() { Command = ["x"], Stdin = true, Stdout = true, Tty = true };
        CarrierLimits limits = CarrierLimits.Default with { StreamTimeout = TimeSpan.FromSeconds(5) };
        for (int seed = firstSeed; seed < firstSeed + count; seed++)
        {
            byte[] bytes = Damage(Convert.FromHexString(Session), new Random(seed));
            (Socket client, Socket server) = await SessionPair.ConnectAsync();
            using Socket owned = client;
            Task run = RunAsync(server);
            Task drain = DrainAsync(client);
            await client.SendAsync(bytes, TestContext.Current.CancellationToken);
            client.Shutdown(SocketShutdown.Send);
            try
            {
                await run.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {seed}: {e}");
            }

            await drain;
        }

        async Task RunAsync(Socket server)
        {
            try
            {
                SpdyRemoteCommand adapter = await SpdyRemoteCommand.AnswerAsync(
                    new NetworkStream(server, true), RemoteCommandProtocol.SpdyV4, terminal, limits, () => server.Close(0));
                await using AnsweringSession session = new(adapter, terminal);
                await session.StandardInput.ReadAllAsync(TestContext.Current.CancellationToken);
                await session.EndAsync(Status.Success);
            }
            catch (SessionLostException e)
            {
                Assert.NotEqual(SessionLoss.LocalAbort, e.Kind); // that is what a fault of this side's becomes
            }
        }
    }

    static async Task DrainAsync(Socket client)
    {
        byte[] scratch = new byte[4096];
        try
        {
            while (await client.ReceiveAsync(scratch) > 0)
            {
                // what the server says is not looked at
            }
        }
        catch (SocketException)
        {
            // cut
        }
    }

    static byte[] Damage(byte[] original, Random random)
    {
        List<byte> bytes = [.. original];
        for (int changes = random.Next(0, 5); changes > 0 && bytes.Count > 0; changes--)
        {
            int at = random.Next(bytes.Count), length = Math.Min(random.Next(1, 40), bytes.Count - at);
            switch (random.Next(5))
            {
                case 0: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 1: bytes[at] = (byte)random.Next(256); break;
                case 2: bytes.RemoveRange(at, length); break;
                case 3: bytes.InsertRange(random.Next(bytes.Count), bytes.GetRange(at, length)); break;
                default: bytes.RemoveRange(at, bytes.Count - at); break;
            }
        }

        return [.. bytes];
    }
}
