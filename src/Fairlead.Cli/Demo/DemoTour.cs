using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.IO.Pipelines;
using System.Security.Cryptography;
using System.Text;
using Fairlead.Wire;

namespace Fairlead.Cli.Demo;

/// <summary>A short tour through the client library against one server: every step is a real session whose result is checked.</summary>
sealed class DemoTour(StreamingClient client, PodReference shell, PodReference web)
{
    const int Large = 64 * 1024 * 1024;

    internal async IAsyncEnumerable<DemoStep> RunAsync()
    {
        foreach (RemoteCommandProtocol protocol in RemoteCommandProtocol.All)
            yield return await EchoAsync(new ExecOptions { Protocols = [protocol] });
        yield return await HalfCloseAsync(Transport.WebSocket);
        yield return await HalfCloseAsync(Transport.Spdy);
        yield return await ExitCodeAsync();
        yield return await TerminalAsync();
        yield return await AttachAsync();
        yield return await DownAsync();
        yield return await UpAsync();
        await foreach (DemoStep step in new ForwardTour(client, shell).RunAsync()) yield return step;
        foreach (DemoStep step in await new CopyTour(client, shell).RunAsync()) yield return step;
    }

    Task<DemoStep> EchoAsync(ExecOptions options) =>
        StepAsync("exec: echo hello", shell, ["echo", "hello"], options, async process =>
        {
            string said = await process.StandardOutput.ReadToEndAsync();
            ExitStatus exit = await process.WaitForExitAsync();
            return ($"{said.Trim()}, exit code {exit.Code}", said.Length, said == "hello\n" && exit.Succeeded);
        });

    Task<DemoStep> HalfCloseAsync(Transport transport) =>
        StepAsync("half-close: wc -c", shell, ["wc", "-c"], new ExecOptions { Stdin = true, Transport = transport }, async process =>
        {
            await process.StandardInput.WriteAsync(new byte[100_000]);
            await process.StandardInput.CompleteAsync();
            string count = (await process.StandardOutput.ReadToEndAsync()).Trim();
            ExitStatus exit = await process.WaitForExitAsync();
            return ($"{count} bytes counted, and it ended by itself", 100_000 + count.Length, count == "100000" && exit.Succeeded);
        });

    Task<DemoStep> ExitCodeAsync() =>
        StepAsync("exit code: sh -c 'exit 7'", shell, ["sh", "-c", "exit 7"], new ExecOptions(), async process =>
        {
            ExitStatus exit = await process.WaitForExitAsync();
            return ($"exit code {exit.Code}", 0, exit.Code == 7);
        });

    Task<DemoStep> TerminalAsync() =>
        StepAsync("terminal: stty size", shell, ["stty", "size"], new ExecOptions { Stdin = true, Tty = true }, async process =>
        {
            await process.ResizeAsync(new TerminalSize(123, 45));
            string size = (await process.StandardOutput.ReadToEndAsync()).Trim();
            ExitStatus exit = await process.WaitForExitAsync();
            return ($"{size} (rows columns)", size.Length, size == "45 123" && exit.Succeeded);
        });

    Task<DemoStep> AttachAsync() =>
        StepAsync("attach: web's next line", web, null, new ExecOptions(), async process =>
        {
            ReadResult result = await process.StandardOutput.ReadAtLeastAsync(1);
            string line = Encoding.UTF8.GetString(result.Buffer.ToArray()).Trim();
            process.StandardOutput.AdvanceTo(result.Buffer.End);
            return ($"\"{line}\"", line.Length + 1, line.Length > 0);
        });

    Task<DemoStep> DownAsync() =>
        StepAsync("64 MiB down", shell, ["head", "-c", Large.ToString(CultureInfo.InvariantCulture), "/dev/zero"], new ExecOptions(),
            async process =>
        {
            using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            long bytes = 0;
            while (true)
            {
                ReadResult result = await process.StandardOutput.ReadAsync();
                foreach (ReadOnlyMemory<byte> part in result.Buffer) hash.AppendData(part.Span);
                bytes += result.Buffer.Length;
                process.StandardOutput.AdvanceTo(result.Buffer.End);
                if (result.IsCompleted) break;
            }

            ExitStatus exit = await process.WaitForExitAsync();
            bool same = hash.GetHashAndReset().AsSpan().SequenceEqual(SHA256.HashData(new byte[Large]));
            return (same ? "SHA-256 equal" : "SHA-256 differs", bytes, same && exit.Succeeded);
        });

    Task<DemoStep> UpAsync() =>
        StepAsync("64 MiB up", shell, ["sha256sum"], new ExecOptions { Stdin = true }, async process =>
        {
            byte[] content = RandomNumberGenerator.GetBytes(Large);
            await process.StandardInput.WriteAsync(content);
            await process.StandardInput.CompleteAsync();
            string sum = await process.StandardOutput.ReadToEndAsync();
            ExitStatus exit = await process.WaitForExitAsync();
            bool same = sum.StartsWith(Convert.ToHexStringLower(SHA256.HashData(content)), StringComparison.Ordinal);
            return (same ? "SHA-256 equal" : "SHA-256 differs", Large + sum.Length, same && exit.Succeeded);
        });

    async Task<DemoStep> StepAsync(
        string what, PodReference pod, IReadOnlyList<string>? command, ExecOptions options,
        Func<RemoteProcess, Task<(string Outcome, long Bytes, bool Succeeded)>> run)
    {
        long started = Stopwatch.GetTimestamp();
        await using RemoteProcess process = command is null
            ? await client.AttachAsync(pod, options)
            : await client.ExecAsync(pod, command, options);
        (string outcome, long bytes, bool succeeded) = await run(process);
        return new DemoStep(what, process.Connection, bytes, Stopwatch.GetElapsedTime(started), outcome, succeeded);
    }
}
