using System.Globalization;
using Fairlead.Files.Runs;
using Fairlead.Files.Shells;
using Fairlead.Files.Trees;

namespace Fairlead.Files.Pods;

/// <summary>
/// Writes files in a container by one shell. Small files go many together in a tar, larger ones in pieces, each written where it belongs: a
/// shell of a lost session that is still at it writes the same bytes to the same places. Answers are read when so much is on its way that
/// more would have to wait, and as soon as there are any.
/// </summary>
sealed class PodWriter(RemoteShell shell, PodDestination destination, ShellTools tools, Flight flight, CopyOptions options) : IDisposable
{
    /// <summary>Bytes of a tar, about: three processes are started for each.</summary>
    const int PackSize = 4 << 20;

    /// <summary>What systems say of a name that they cannot have, and of a disk that has no room.</summary>
    static readonly string[] s_name = [
        "File name too long", "Filename too long", "Invalid argument", "Illegal byte sequence", "Invalid or incomplete multibyte"],
        s_room = ["No space left", "Disk quota exceeded", "File too large"];

    readonly Queue<Sent> _onTheWay = new();
    readonly List<(TreeEntry File, string Reason)> _refused = [];
    readonly List<TreeEntry> _packed = [];
    readonly MemoryStream _pack = new();
    readonly byte[] _member = new byte[PodSide.SmallFile];
    int _flying;
    int _left; // bytes of the piece that was begun
    string _guard = "";

    /// <summary>What was sent: a line, and bytes of files up to an end; nothing of files where the line only prepares.</summary>
    readonly record struct Sent(string Line, int Bytes, TreeEntry[] Files, long End);

    /// <summary>A tar failed: what it held goes file by file, so that the one that it failed for has a name.</summary>
    internal bool PacksNothing { get; set; }

    /// <summary>Told of what lies there, up to an end, 0 for what came in a tar.</summary>
    internal required Action<TreeEntry[], long> Arrived { get; init; }

    /// <summary>Told of files that were sent to their end.</summary>
    internal required Action<TreeEntry[]> Written { get; init; }

    /// <summary>Sends lines that make the place ready and does not wait for them: nothing is written where one of them fails.</summary>
    internal async ValueTask PrepareAsync(IEnumerable<string> lines, CancellationToken cancellationToken)
    {
        foreach (string line in lines)
        {
            await shell.SendGroupedAsync(line, isFirst: _guard.Length == 0, cancellationToken);
            _guard = RemoteShell.InGroup;
            _onTheWay.Enqueue(new Sent(line, 0, [], 0));
        }
    }

    internal async ValueTask WriteAsync(Piece piece, CancellationToken cancellationToken)
    {
        bool isPacked = tools.Tar && !PacksNothing && piece.File.Size <= PodSide.SmallFile && destination.Stage.Length > 0
            && piece.File.Path.Length > 0 && piece.File.Modified is not < 0; // no archive that every tar reads holds a time before 1970
        if (isPacked) await PackAsync(piece, cancellationToken);
        else await WritePiecesAsync(piece, cancellationToken);
    }

    async ValueTask PackAsync(Piece piece, CancellationToken cancellationToken)
    {
        piece.Bytes.CopyTo(_member.AsMemory((int)piece.Offset));
        if (!piece.IsLast) return;

        TreeEntry file = piece.File;
        TarHeader.Write(_pack, $"{destination.Root}/{file.Path}", file.Size, EntryModes.Staged(file, options),
            file.Modified ?? DateTimeOffset.UtcNow.ToUnixTimeSeconds());
        _pack.Write(_member.AsSpan(0, (int)file.Size));
        TarHeader.Pad(_pack, file.Size);
        _packed.Add(file);
        if (_pack.Length >= Math.Min(PackSize, flight.Piece)) await SendPackAsync(cancellationToken);
    }

    async ValueTask SendPackAsync(CancellationToken cancellationToken)
    {
        if (_packed.Count == 0) return;
        const int Record = 10_240; // as tar itself fills an archive up, with zeros
        int records = ((int)_pack.Length + (TarHeader.Length * 2) + Record - 1) / Record, length = records * Record;
        _pack.SetLength(length);
        string line = string.Create(CultureInfo.InvariantCulture, $"unpack {records} {(options.Preserve ? "xpof" : "xpomf")}");
        await PostAsync(new Sent(line, length, [.. _packed], 0), cancellationToken);
        await shell.WriteAsync(_pack.GetBuffer().AsMemory(0, length), cancellationToken);
        _pack.SetLength(0);
        _packed.Clear();
    }

    /// <summary>Pieces are begun by their length, and filled by what comes.</summary>
    async ValueTask WritePiecesAsync(Piece piece, CancellationToken cancellationToken)
    {
        const int AtOnce = 256 * 1024;
        if (piece.File.Size == 0) await BeginAsync(piece.File, 0, cancellationToken);
        long at = piece.Offset;
        for (ReadOnlyMemory<byte> rest = piece.Bytes; !rest.IsEmpty;)
        {
            if (_left == 0) await BeginAsync(piece.File, at, cancellationToken);
            int count = Math.Min(Math.Min(rest.Length, _left), AtOnce);
            await shell.WriteAsync(rest[..count], cancellationToken);
            (_left, at, rest) = (_left - count, at + count, rest[count..]);
            while (_onTheWay.Count > 0 && shell.HasSaidMore()) await ArriveAsync(cancellationToken); // one that failed takes nothing more
        }
    }

    async ValueTask BeginAsync(TreeEntry file, long at, CancellationToken cancellationToken)
    {
        _left = (int)Math.Min(flight.Piece, file.Size - at);
        string quoted = destination.Quoted(file);
        string line = _left > 0 ? string.Create(CultureInfo.InvariantCulture, $"put {at / Flight.Block} {_left} {quoted}")
            : $"clear {quoted}";
        if (at + _left == file.Size) line += "&&" + destination.Attributes(file, options);
        await PostAsync(new Sent(line, _left, [file], at + _left), cancellationToken);
    }

    /// <summary>Sends a line, whose bytes follow, when enough of the earlier ones have arrived.</summary>
    async ValueTask PostAsync(Sent sent, CancellationToken cancellationToken)
    {
        while (_onTheWay.Count > 0 && _flying + sent.Bytes > flight.Window) await ArriveAsync(cancellationToken);
        await shell.SendAsync(_guard + sent.Line, sent.Bytes, 0, cancellationToken);
        _onTheWay.Enqueue(sent);
        _flying += sent.Bytes;
        if (sent.End == 0 || sent.End == sent.Files[0].Size) Written(sent.Files);
    }

    async ValueTask ArriveAsync(CancellationToken cancellationToken)
    {
        Sent sent = _onTheWay.Peek();
        if (sent.Files.Length == 0)
        {
            await shell.ReadGroupedAsync(sent.Line, cancellationToken);
            _onTheWay.Dequeue();
            return;
        }

        (ShellEnding ending, _) = await shell.ReadEndAsync(cancellationToken);
        _onTheWay.Dequeue();
        _flying -= sent.Bytes;
        flight.Arrived(sent.Bytes);
        if (ending.IsSuccess) Arrived(sent.Files, sent.End);
        else Fail(sent, ending);
    }

    /// <exception cref="CopyException">It is nothing that another name would cure.</exception>
    void Fail(Sent sent, ShellEnding ending)
    {
        bool isPack = sent is { End: 0, Bytes: > 0 };
        if (isPack && (IsOfTheName(ending) || s_room.Any(ending.Reason.StartsWith)))
        {
            PacksNothing = true;
            return;
        }

        if (isPack) throw new CopyException($"{shell.Where}: {ending.Reason}");
        Fail(sent.Files[0], ending);
    }

    /// <inheritdoc cref="Fail(Sent, ShellEnding)"/>
    internal void Fail(TreeEntry file, ShellEnding ending)
    {
        if (!IsOfTheName(ending))
            throw new CopyException($"{shell.Where}: {file.Name} cannot be written in the container: {ending.Reason}");
        if (!_refused.Exists(refused => refused.File == file))
            _refused.Add((file, $"it cannot be there by this name: {ending.Reason}"));
    }

    static bool IsOfTheName(ShellEnding ending) => s_name.Any(ending.Reason.StartsWith);

    /// <summary>
    /// Gives up the file that is being written. The piece that was begun is filled up with zeros, and this returns when everything that was
    /// sent has arrived.
    /// </summary>
    internal async ValueTask DropAsync(CancellationToken cancellationToken)
    {
        for (byte[] zeros = new byte[Math.Min(_left, Flight.Block)]; _left > 0; _left -= zeros.Length)
        {
            if (zeros.Length > _left) zeros = new byte[_left];
            await shell.WriteAsync(zeros, cancellationToken);
        }

        await SettleAsync(cancellationToken);
    }

    /// <summary>Sends what was held back.</summary>
    internal ValueTask SendRestAsync(CancellationToken cancellationToken) => SendPackAsync(cancellationToken);

    /// <summary>Waits until everything that was sent is there.</summary>
    internal async ValueTask SettleAsync(CancellationToken cancellationToken)
    {
        while (_onTheWay.Count > 0) await ArriveAsync(cancellationToken);
    }

    /// <summary>Gives the files whose names cannot be there, once.</summary>
    internal IReadOnlyList<(TreeEntry File, string Reason)> TakeRefused()
    {
        IReadOnlyList<(TreeEntry File, string Reason)> refused = [.. _refused];
        _refused.Clear();
        return refused;
    }

    public void Dispose() => _pack.Dispose();
}
