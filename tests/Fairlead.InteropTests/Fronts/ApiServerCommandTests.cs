using System.Security.Cryptography;
using System.Text;

namespace Fairlead.InteropTests.Fronts;

/// <summary>Commands at a front before real containers, by the very bytes of API servers 1.36, 1.30 and 1.20.</summary>
public abstract class ApiServerCommandTests(ContainerdFrontFixture fixture)
{
    static readonly long s_size = Repository.IsFull ? 64 << 20 : 4 << 20;

    static readonly long s_lateSize = Repository.IsFull ? 300_000_000 : 8_000_000;

    [Theory(Timeout = 180_000), MemberData(nameof(ApiServerRequest.Senders), MemberType = typeof(ApiServerRequest))]
    public async Task Bytes_go_both_ways_input_ends_and_the_code_comes_back(string sender)
    {
        await using RawCommand command = await RawCommand.StartAsync(fixture.Door(), sender, FrontDoor.Exec(fixture.Pod, "cat; echo warned >&2; exit 7"));
        Assert.Contains(
            ApiServerRequest.IsWebSocket(sender) ? "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" : "X-Stream-Protocol-Version: v4.channel.k8s.io\r\n",
            command.Answer, StringComparison.OrdinalIgnoreCase);
        using RandomByteStream input = new(s_size, seed: 11);
        Task sending = SendAsync();
        Output output = await Output.OfAsync(command);
        await sending;
        Assert.Equal((s_size, input.Sha256, "warned\n"), (output.Length, output.Sha256, output.Error));
        Assert.Contains("\"reason\":\"ExitCode\",\"message\":\"7\"", output.Status, StringComparison.Ordinal);

        async Task SendAsync()
        {
            await command.PingAsync();
            await command.SendInputAsync(input);
        }
    }

    /// <summary>What a kubelet and its runtime lose of this is why there is a front.</summary>
    [Theory(Timeout = 180_000), MemberData(nameof(ApiServerRequest.Senders), MemberType = typeof(ApiServerRequest))]
    public async Task A_command_that_closes_its_output_first_gets_its_whole_input(string sender)
    {
        string file = $"/tmp/late-{Guid.NewGuid():N}";
        using RandomByteStream input = new(s_lateSize, seed: 12);
        await using (RawCommand command = await RawCommand.StartAsync(fixture.Door(), sender, FrontDoor.Exec(fixture.Pod, $"exec cat >{file} 2>&1")))
        {
            Task sending = command.SendInputAsync(input);
            Output output = await Output.OfAsync(command);
            await sending;
            Assert.Equal((0, "", "{\"metadata\":{},\"status\":\"Success\"}"), (output.Length, output.Error, output.Status.Trim()));
        }

        await using RawCommand counting = await RawCommand.StartAsync(fixture.Door(), sender, FrontDoor.Exec(fixture.Pod, $"(wc -c <{file}; sha256sum <{file}; rm {file}) >&2"));
        Assert.Equal($"{s_lateSize}\n{input.Sha256}  -\n", (await Output.OfAsync(counting)).Error);
    }

    /// <summary>All that came of one command.</summary>
    sealed record Output(long Length, string Sha256, string Error, string Status)
    {
        public static async Task<Output> OfAsync(RawCommand command)
        {
            using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            long length = 0;
            StringBuilder error = new(), status = new();
            while (await command.ReadAsync() is { } next)
            {
                if (next.Channel == 1)
                {
                    hash.AppendData(next.Bytes.Span);
                    length += next.Bytes.Length;
                }
                else (next.Channel == 2 ? error : status).Append(Encoding.UTF8.GetString(next.Bytes.Span));
            }

            return new Output(length, Convert.ToHexStringLower(hash.GetCurrentHash()), error.ToString(), status.ToString());
        }
    }
}

/// <summary>With containerd 1.6.</summary>
public sealed class Containerd16ApiServerCommandTests(ContainerdFrontFixture fixture) : ApiServerCommandTests(fixture), IClassFixture<ContainerdFrontFixture>;

/// <summary>With containerd 1.7.</summary>
public sealed class Containerd17ApiServerCommandTests(ContainerdFrontFixture17 fixture) : ApiServerCommandTests(fixture), IClassFixture<ContainerdFrontFixture17>;

/// <summary>With containerd 2.</summary>
public sealed class Containerd2ApiServerCommandTests(ContainerdFrontFixture2 fixture) : ApiServerCommandTests(fixture), IClassFixture<ContainerdFrontFixture2>;
