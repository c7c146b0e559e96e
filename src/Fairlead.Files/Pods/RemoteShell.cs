using System.Buffers;
using System.IO.Pipelines;
using System.Security.Cryptography;
using System.Text;
using Fairlead.Client;

namespace Fairlead.Files.Pods;

/// <summary>
/// A shell in a container that is sent a line at a time. After what a line prints it says that the line has ended, and with which
/// status, so lines can be sent ahead while earlier ones still run.
/// </summary>
/// <remarks>One caller at a time. Owns the session.</remarks>
sealed class RemoteShell : IAsyncDisposable
{
    const int MostErrorText = 2048, MostText = 256 * 1024 * 1024, TrailerLength = 1 + WordLength + 3 + 1, WordLength = 32;

    readonly RemoteProcess _process;
    readonly string _word;
    readonly byte[] _trailer; // without its status
    readonly Task<string> _errors;

    readonly string _where;

    RemoteShell(RemoteProcess process, string word, string where)
    {
        _where = where;
        _process = process;
        _word = word;
        _trailer = Encoding.ASCII.GetBytes("\n" + word);
        _errors = ReadErrorsAsync();
    }

    PipeReader Output => _process.StandardOutput;

    internal static async Task<RemoteShell> OpenAsync(StreamingClient client, PodReference pod, ExecOptions options, string where, CancellationToken cancellationToken)
    {
        string word = RandomNumberGenerator.GetHexString(WordLength, lowercase: true);
        RemoteProcess process = await client.ExecAsync(
            pod, ["sh", "-c", ShellScript.Loop, "fairlead", word], options with { Stdin = true, Stdout = true, Stderr = true, Tty = false }, cancellationToken);
        return new RemoteShell(process, word, where);
    }

    /// <summary>Sends a line. What it prints must then be read.</summary>
    internal ValueTask SendAsync(string line, CancellationToken cancellationToken) => SendAsync(Encoding.UTF8.GetBytes($"{_word} {line}\n"), cancellationToken);

    /// <summary>Sends bytes that the last line takes.</summary>
    internal async ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        FlushResult result = bytes.IsEmpty ? default : await _process.StandardInput.WriteAsync(bytes, cancellationToken);
        if (result.IsCompleted) throw await EndedAsync(cancellationToken);
    }

    /// <summary>No more lines: the shell ends after the last one.</summary>
    internal ValueTask CompleteAsync() => _process.StandardInput.CompleteAsync();

    /// <summary>Runs a line whose output is text, with nothing sent ahead of it.</summary>
    internal async ValueTask<(int Status, byte[] Text)> RunAsync(string line, CancellationToken cancellationToken, int mostBytes = MostText)
    {
        await SendAsync(line, cancellationToken);
        return await ReadTextAsync(cancellationToken, mostBytes);
    }

    /// <summary>Reads all that a line prints, and nothing of what the next one does.</summary>
    internal async ValueTask<(int Status, byte[] Text)> ReadTextAsync(CancellationToken cancellationToken, int mostBytes = MostText)
    {
        ArrayBufferWriter<byte> text = new();
        while (true)
        {
            ReadResult result = await Output.ReadAsync(cancellationToken);
            int known = text.WrittenCount;
            foreach (ReadOnlyMemory<byte> part in result.Buffer) text.Write(part.Span);
            if (FindTrailer(text.WrittenSpan, Math.Max(0, known - TrailerLength)) is >= 0 and var end)
            {
                Output.AdvanceTo(result.Buffer.GetPosition(end + TrailerLength - known));
                return (StatusOf(text.WrittenSpan.Slice(end, TrailerLength)), text.WrittenSpan[..end].ToArray());
            }

            Output.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted) throw await EndedAsync(cancellationToken);
            if (text.WrittenCount > mostBytes) throw new InvalidDataException($"The container's answer is longer than {mostBytes} bytes.");
        }
    }

    /// <summary>The same for a line that must succeed.</summary>
    /// <exception cref="CopyException">It did not; the message is what it printed.</exception>
    internal async ValueTask<string> DoAsync(string line, CancellationToken cancellationToken)
    {
        (int status, byte[] text) = await RunAsync($"{{ {line};}} 2>&1", cancellationToken);
        string said = Encoding.UTF8.GetString(text).Trim();
        return status == 0 ? said : throw new CopyException(said.Length > 0 ? Told(said) : $"{_where}: \"{line}\" ended with code {status} in the container");
    }

    /// <summary>
    /// The first line of what a program said, which others follow by numbers of its own, behind the place that the user named. Where it speaks of
    /// what is ours alone, the folder beside that place and what is in it, only why it failed is left.
    /// </summary>
    string Told(string said)
    {
        string first = said.Split('\n')[0].Trim();
        bool isOfOurs = first.Contains(".fairlead-", StringComparison.Ordinal) || first.Contains("./r", StringComparison.Ordinal);
        return $"{_where}: {(isOfOurs ? first[(first.LastIndexOf(": ", StringComparison.Ordinal) is >= 0 and var at ? at + 2 : 0)..] : first)}";
    }

    /// <summary>Reads the end of a line that prints no more.</summary>
    /// <returns>Its status.</returns>
    internal async ValueTask<int> ReadStatusAsync(CancellationToken cancellationToken)
    {
        ReadResult result = await Output.ReadAtLeastAsync(TrailerLength, cancellationToken);
        if (result.Buffer.Length < TrailerLength) throw await EndedAsync(cancellationToken);
        byte[] trailer = result.Buffer.Slice(0, TrailerLength).ToArray();
        Output.AdvanceTo(result.Buffer.GetPosition(TrailerLength));
        return EndsWithTrailer(trailer) ? StatusOf(trailer) : throw new UnexpectedOutputException();
    }

    /// <summary>
    /// Reads on in an output of which <paramref name="left"/> bytes are still to come. The bytes stay in the pipe until <see cref="Advance"/>.
    /// </summary>
    /// <exception cref="UnexpectedOutputException">The line has ended before.</exception>
    internal async ValueTask<ReadOnlySequence<byte>> ReadAsync(long left, CancellationToken cancellationToken)
    {
        while (true)
        {
            ReadResult result = await Output.ReadAsync(cancellationToken);
            if (result.Buffer.Length >= left + TrailerLength) return result.Buffer.Slice(0, left);
            bool tooShort = result.Buffer.Length >= TrailerLength && EndsWithTrailer(result.Buffer.Slice(result.Buffer.Length - TrailerLength).ToArray());
            if (tooShort) throw new UnexpectedOutputException();
            if (result.IsCompleted) throw await EndedAsync(cancellationToken);

            // What may be the beginning of the line's end waits for the rest of it.
            long sure = result.Buffer.Length - (TrailerLength - 1);
            if (sure > 0) return result.Buffer.Slice(0, Math.Min(sure, left));
            Output.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        }
    }

    /// <summary>Reads what is there, the line's end included.</summary>
    internal async ValueTask<ReadOnlySequence<byte>> ReadSomeAsync(CancellationToken cancellationToken)
    {
        ReadResult result = await Output.ReadAsync(cancellationToken);
        return result.Buffer.IsEmpty ? throw await EndedAsync(cancellationToken) : result.Buffer;
    }

    /// <summary>Releases bytes of the last read.</summary>
    internal void Advance(SequencePosition to) => Output.AdvanceTo(to);

    /// <summary>Reads the output of the last line to the shell's end, whatever its length, into <paramref name="take"/>.</summary>
    /// <returns>The line's status.</returns>
    internal async ValueTask<int> ReadToEndAsync(Func<ReadOnlyMemory<byte>, ValueTask> take, CancellationToken cancellationToken)
    {
        while (true)
        {
            ReadResult result = await Output.ReadAsync(cancellationToken);
            long sure = result.Buffer.Length - TrailerLength;
            if (sure > 0)
            {
                foreach (ReadOnlyMemory<byte> part in result.Buffer.Slice(0, sure))
                {
                    if (!part.IsEmpty) await take(part); // a cut between two segments leaves an empty one
                }
            }

            if (result.IsCompleted)
            {
                byte[] trailer = result.Buffer.Slice(Math.Max(0, sure)).ToArray();
                Output.AdvanceTo(result.Buffer.End);
                if (!EndsWithTrailer(trailer)) throw await EndedAsync(cancellationToken);
                await _process.WaitForExitAsync(cancellationToken);
                return StatusOf(trailer);
            }

            Output.AdvanceTo(result.Buffer.GetPosition(Math.Max(0, sure)), result.Buffer.End);
        }
    }

    /// <returns>Where a whole trailer begins, from a place on; -1 where there is none yet.</returns>
    int FindTrailer(ReadOnlySpan<byte> bytes, int from)
    {
        int at = bytes[from..].IndexOf(_trailer);
        return at >= 0 && from + at + TrailerLength <= bytes.Length ? from + at : -1;
    }

    bool EndsWithTrailer(ReadOnlySpan<byte> bytes) => bytes.Length >= TrailerLength && bytes[^1] == '\n' && bytes[^TrailerLength..].StartsWith(_trailer);

    static int StatusOf(ReadOnlySpan<byte> trailer) => int.TryParse(trailer[^4..^1], out int status) ? status : throw new UnexpectedOutputException();

    /// <summary>Why the shell is gone: a lost session throws its own exception, a shell that has ended becomes one.</summary>
    internal async ValueTask<CopyException> EndedAsync(CancellationToken cancellationToken)
    {
        ExitStatus exit = await _process.WaitForExitAsync(cancellationToken);
        string said = (await _errors.WaitAsync(cancellationToken)).Trim();
        if (exit.Code is 126 or 127)
            return new CopyException($"the container has no shell: a copy needs sh there, with tar, dd, cat or head ({(said.Length > 0 ? said : exit.Message)})");
        return new CopyException(said.Length > 0 ? Told(said) : $"{_where}: the shell in the container ended with code {exit.Code}");
    }

    async Task<string> ReadErrorsAsync()
    {
        StringBuilder text = new();
        try
        {
            while (true)
            {
                ReadResult result = await _process.StandardError.ReadAsync();
                text.Append(Encoding.UTF8.GetString(result.Buffer.Slice(Math.Max(0, result.Buffer.Length - MostErrorText))));
                if (text.Length > MostErrorText) text.Remove(0, text.Length - MostErrorText);
                _process.StandardError.AdvanceTo(result.Buffer.End);
                if (result.IsCompleted) return text.ToString();
            }
        }
        catch (Streaming.SessionLostException)
        {
            return text.ToString(); // told by whoever waits for the output
        }
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();
}
