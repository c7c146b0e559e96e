using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using Fairlead.Files.Trees;
using Fairlead.Wire;

namespace Fairlead.Files.Shells;

/// <summary>
/// A shell in a container that is sent a line at a time. After what a line prints it says that the line has ended, and how, so that lines
/// can be sent ahead while earlier ones still run. Each is waited for only so long.
/// </summary>
/// <remarks>One that sends and one that reads at a time. Owns the process.</remarks>
sealed class RemoteShell : IAsyncDisposable
{
    const int MostErrorText = 2048, MostText = 16 << 20;

    /// <summary>The slowest line, and the slowest tool, that are still waited for: bytes a second.</summary>
    const double SlowestLine = 64 << 10, SlowestTool = 4 << 20;

    /// <summary>Whatever was sent, no more than this is between here and a tool: what is behind it still waits here.</summary>
    const long MostBuffered = 24 << 20;

    /// <summary>
    /// One line may take this many times the limit of silence in all, plus one second for each so many bytes that it prints.
    /// </summary>
    const double WaitsOfALine = 4, SlowestOutput = 1024;

    /// <summary>A shell reads its lines byte by byte, with a system call for each: longer ones are handed to it as a block.</summary>
    const int LongLine = 512;

    readonly IShellProcess _process;
    readonly ShellSource _source;
    readonly ShellOutput _output;
    readonly Patience _patience;
    readonly string _word;
    readonly Queue<(long Bytes, long Work)> _allowances = new(); // of the lines that have not ended
    readonly Lock _lock = new(); // a line may be sent while another one is read
    readonly Task<string> _errors;
    long _flying, _work; // of all of them
    TimeSpan _waitedBefore; // when this line began
    long _taken; // bytes of what it prints

    RemoteShell(IShellProcess process, string word, ShellSource source)
    {
        (_process, _word, _source) = (process, word, source);
        _patience = new Patience(process, source.Time);
        _output = new ShellOutput(process.Output, word, ReadPatientlyAsync);
        _errors = ReadErrorsAsync();
    }

    /// <summary>How long it may say nothing now: longer for what is still on its way to it, and for what it was told to read.</summary>
    TimeSpan Limit
    {
        get
        {
            lock (_lock)
                return _source.Patience + TimeSpan.FromSeconds((Math.Min(_flying, MostBuffered) / SlowestLine) + (_work / SlowestTool));
        }
    }

    /// <exception cref="ShellSilentException">Nothing came, or so little of this line that it would have no end.</exception>
    async ValueTask<ReadResult> ReadPatientlyAsync(CancellationToken cancellationToken)
    {
        TimeSpan limit = Limit;
        ReadResult result = await _patience.ReadAsync(limit, cancellationToken);
        TimeSpan waited = _patience.Waited - _waitedBefore;
        if (waited <= (limit * WaitsOfALine) + TimeSpan.FromSeconds(_taken / SlowestOutput)) return result;
        _process.Output.AdvanceTo(result.Buffer.Start);
        throw new ShellSilentException(waited, _taken);
    }

    internal static async ValueTask<RemoteShell> BeginAsync(
        IShellProcess process, string word, ShellSource source, ShellTools? known, CancellationToken cancellationToken)
    {
        RemoteShell shell = new(process, word, source);
        try
        {
            await shell.WriteAsync(ShellScript.Beginning(word, known), cancellationToken);
            return shell;
        }
        catch
        {
            await shell.DisposeAsync();
            throw;
        }
    }

    /// <summary>Sends a line. What it prints must then be read, to its end.</summary>
    /// <param name="line">A call of the script's.</param>
    /// <param name="bytes">So many are sent behind it, which the called tool reads.</param>
    /// <param name="work">Bytes that it reads there before it says anything.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    internal async ValueTask SendAsync(string line, long bytes, long work, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _allowances.Enqueue((bytes, work));
            (_flying, _work) = (_flying + bytes, _work + work);
        }

        // A line break first: where the line before has left bytes of its own, they end there.
        if (!TakesBlocks || line.Length < LongLine)
        {
            await WriteAsync(NameBytes.Encode($"\n{_word} {line}\n"), cancellationToken);
            return;
        }

        byte[] call = NameBytes.Encode(line + ".");
        string run = string.Create(CultureInfo.InvariantCulture, $"\n{_word} run {call.Length}\n");
        await WriteAsync(NameBytes.Encode(run), cancellationToken);
        await WriteAsync(call, cancellationToken);
    }

    /// <inheritdoc cref="SendAsync(string, long, long, CancellationToken)"/>
    internal ValueTask SendAsync(string line, CancellationToken cancellationToken, long work = 0) =>
        SendAsync(line, 0, work, cancellationToken);

    /// <summary>Sends bytes that the last line takes.</summary>
    internal async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (!bytes.IsEmpty)
        {
            Memory<byte> room = _process.Input.GetMemory();
            int count = Math.Min(room.Length, bytes.Length);
            bytes[..count].CopyTo(room);
            _process.Input.Advance(count);
            bytes = bytes[count..];
            if (!await _patience.FlushAsync(Limit, cancellationToken)) throw await EndedAsync(cancellationToken);
        }
    }

    /// <summary>No more lines: the shell ends after the last one.</summary>
    internal ValueTask CompleteAsync() => _process.Input.CompleteAsync();

    /// <summary>Reads on in what the line prints, as <see cref="ShellOutput.ReadAsync"/> does.</summary>
    internal async ValueTask<ReadOnlySequence<byte>> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            ReadOnlySequence<byte> bytes = await _output.ReadAsync(cancellationToken);
            if (!bytes.IsEmpty) return bytes;
        }
        catch (ShellEndedException)
        {
            throw await EndedAsync(cancellationToken);
        }

        lock (_lock)
        {
            (long sent, long work) = _allowances.Dequeue();
            (_flying, _work) = (_flying - sent, _work - work);
        }

        (_waitedBefore, _taken) = (_patience.Waited, 0);
        return default;
    }

    /// <summary>Something has come that is not read yet, or the end.</summary>
    internal bool HasSaidMore()
    {
        if (!_process.Output.TryRead(out ReadResult result)) return false;
        _process.Output.AdvanceTo(result.Buffer.Start);
        return !result.Buffer.IsEmpty || result.IsCompleted;
    }

    /// <summary>It has a dd that takes exactly what it is told.</summary>
    internal bool TakesBlocks { get; set; }

    /// <summary>The place, for people.</summary>
    internal string Where => _source.Where;

    /// <summary>How the last line ended.</summary>
    internal ShellEnding Ending => _output.Ending;

    /// <summary>Releases the first bytes of the last read.</summary>
    internal void Advance(long count)
    {
        _taken += count;
        _output.Advance(count);
    }

    /// <summary>Passes over the rest of what the line prints.</summary>
    /// <exception cref="UnexpectedOutputException">There is more than <paramref name="most"/> bytes of it.</exception>
    internal async ValueTask<(ShellEnding Ending, long Skipped)> ReadEndAsync(CancellationToken cancellationToken, long most = MostText)
    {
        long skipped = 0;
        while (await ReadAsync(cancellationToken) is { IsEmpty: false } bytes)
        {
            skipped += bytes.Length;
            Advance(bytes.Length);
            if (skipped > most) throw new UnexpectedOutputException("more was sent than was asked for");
        }

        return (Ending, skipped);
    }

    /// <summary>Reads all that a line prints, and nothing of what the next one does.</summary>
    internal async ValueTask<byte[]> ReadTextAsync(CancellationToken cancellationToken, int mostBytes = MostText)
    {
        ArrayBufferWriter<byte> text = new();
        while (await ReadAsync(cancellationToken) is { IsEmpty: false } bytes)
        {
            if (text.WrittenCount + bytes.Length > mostBytes)
                throw new InvalidDataException($"The container's answer is longer than {mostBytes} bytes.");
            foreach (ReadOnlyMemory<byte> part in bytes) text.Write(part.Span);
            Advance(bytes.Length);
        }

        return text.WrittenSpan.ToArray();
    }

    /// <summary>Runs a line whose output is text, with nothing sent ahead of it.</summary>
    internal async ValueTask<(ShellEnding Ending, byte[] Text)> RunAsync(string line, CancellationToken cancellationToken, long work = 0)
    {
        await SendAsync(line, cancellationToken, work);
        byte[] text = await ReadTextAsync(cancellationToken);
        return (Ending, text);
    }

    /// <summary>The same for a line that must succeed.</summary>
    /// <exception cref="CopyException">It did not; the message is what it printed.</exception>
    internal async ValueTask<string> DoAsync(string line, CancellationToken cancellationToken, long work = 0)
    {
        (ShellEnding ending, byte[] text) = await RunAsync($"{{ {line};}} 2>&1", cancellationToken, work);
        string said = NameBytes.Decode(text).Trim();
        return ending.IsSuccess ? said : throw Failed(line, ending, said);
    }

    CopyException Failed(string line, ShellEnding ending, string said)
    {
        if (said.Length == 0) said = ending.Said;
        return new CopyException(said.Length > 0
            ? Told(said)
            : $"{_source.Where}: \"{line}\" ended with code {ending.Status} in the container");
    }

    /// <summary>In front of a line that takes part in a group and prints nothing for people.</summary>
    internal const string InGroup = "[ \"$g\" ]&&";

    /// <summary>
    /// Sends a line of a group: it is only run where those before it succeeded, and where none of them has made <c>g</c> empty.
    /// </summary>
    internal ValueTask SendGroupedAsync(string line, bool isFirst, CancellationToken cancellationToken) => SendAsync(
        $"{{ {(isFirst ? "g=1;" : "")}if [ \"$g\" ];then {{ {line};}}||{{ g=;false;}};fi;}} 2>&1", cancellationToken);

    /// <summary>Reads what that printed.</summary>
    /// <exception cref="CopyException">It failed.</exception>
    internal async ValueTask<string> ReadGroupedAsync(string line, CancellationToken cancellationToken)
    {
        string said = NameBytes.Decode(await ReadTextAsync(cancellationToken)).Trim();
        return Ending.IsSuccess ? said : throw Failed(line, Ending, said);
    }

    /// <summary>Runs a group of lines, many of them sent ahead.</summary>
    /// <returns>What each printed.</returns>
    /// <exception cref="CopyException">One failed.</exception>
    internal async ValueTask<IReadOnlyList<string>> DoAllAsync(IEnumerable<string> lines, CancellationToken cancellationToken)
    {
        const int MostAhead = 64;
        List<string> printed = [];
        Queue<string> ahead = new();
        CopyException? failure = null;
        foreach (string line in lines)
        {
            await SendGroupedAsync(line, isFirst: printed.Count + ahead.Count == 0, cancellationToken);
            ahead.Enqueue(line);
            if (ahead.Count >= MostAhead) await ReadNextAsync();
        }

        while (ahead.Count > 0) await ReadNextAsync();
        return failure is null ? printed : throw failure;

        async ValueTask ReadNextAsync()
        {
            try
            {
                printed.Add(await ReadGroupedAsync(ahead.Dequeue(), cancellationToken));
            }
            catch (CopyException failed)
            {
                failure ??= failed; // the answers of the others are read all the same
                printed.Add("");
            }
        }
    }

    /// <summary>
    /// The first line of what a program printed as its error, behind the place that the user named. Further lines, which hold only numbers
    /// of the program's own, are left out. Where the line names files that are ours alone (the stage), only the reason of the failure is
    /// kept.
    /// </summary>
    string Told(string said)
    {
        string first = said.Split('\n')[0].Trim();
        bool isOfOurs = first.Contains(".fairlead-", StringComparison.Ordinal) || first.Contains("./r", StringComparison.Ordinal);
        return $"{_source.Where}: {(isOfOurs ? new ShellEnding(1, first).Reason : first)}";
    }

    /// <summary>Why the shell is gone: a lost session throws its own exception, a shell that has ended becomes one.</summary>
    async ValueTask<IOException> EndedAsync(CancellationToken cancellationToken)
    {
        (ExitStatus exit, string said) = await LastWordsAsync(cancellationToken);
        if (exit.Code is 126 or 127)
            return new CopyException(
                $"the container has no shell: a copy needs sh there, with tar, dd, cat or head " +
                $"({(said.Length > 0 ? said : exit.Message)})");
        return new ShellDiedException(
            $"the shell in the container ended with code " +
            $"{exit.Code}{(said.Length > 0 ? ": " + VisibleText.Line(said.Split('\n')[0]) : "")}");
    }

    /// <exception cref="ShellSilentException">It has closed its output and goes on living.</exception>
    async Task<(ExitStatus Exit, string Said)> LastWordsAsync(CancellationToken cancellationToken)
    {
        TimeSpan limit = Limit;
        try
        {
            ExitStatus exit = await _process.WaitForExitAsync(cancellationToken).AsTask().WaitAsync(limit, _source.Time, cancellationToken);
            return (exit, (await _errors.WaitAsync(limit, _source.Time, cancellationToken)).Trim());
        }
        catch (TimeoutException)
        {
            throw new ShellSilentException(limit);
        }
    }

    async Task<string> ReadErrorsAsync()
    {
        StringBuilder text = new();
        try
        {
            while (true)
            {
                ReadResult result = await _process.Errors.ReadAsync();
                text.Append(Encoding.UTF8.GetString(result.Buffer.Slice(Math.Max(0, result.Buffer.Length - MostErrorText))));
                if (text.Length > MostErrorText) text.Remove(0, text.Length - MostErrorText);
                _process.Errors.AdvanceTo(result.Buffer.End);
                if (result.IsCompleted) return text.ToString();
            }
        }
        catch (SessionLostException)
        {
            return text.ToString(); // told by whoever waits for the output
        }
    }

    public async ValueTask DisposeAsync()
    {
        _patience.Dispose();
        await _process.DisposeAsync();
    }
}
