using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Security.Cryptography;
using System.Text;
using Fairlead.Files.Pods;
using Fairlead.Files.Shells;

namespace Fairlead.Files.Tests;

/// <summary>What a peer does at one point of all that it prints.</summary>
enum PeerFault
{
    None = 0,
    Stops,
    Dies,
    Shortens,
    Lengthens,
    FailsTheLine,
    AnswersLate,
}

/// <summary>A container's shell as the script makes it, over files in memory, which at one point goes wrong.</summary>
sealed class ShellPeer : IShellProcess
{
    internal static readonly TimeSpan s_late = TimeSpan.FromMilliseconds(100);

    readonly Pipe _input = new(), _output = new(), _errors = new();
    readonly TaskCompletionSource<ExitStatus> _exit = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly SortedDictionary<string, byte[]> _files;
    readonly PeerFault _fault;
    long _left; // bytes until the fault
    bool _isOver;

    internal ShellPeer(SortedDictionary<string, byte[]> files, PeerFault fault, long at)
    {
        (_files, _fault, _left) = (files, fault, at);
        _ = RunAsync();
    }

    public PipeWriter Input => _input.Writer;

    public PipeReader Output => _output.Reader;

    public PipeReader Errors => _errors.Reader;

    public ValueTask<ExitStatus> WaitForExitAsync(CancellationToken cancellationToken) => new(_exit.Task.WaitAsync(cancellationToken));

    async Task RunAsync()
    {
        using StreamReader lines = new(_input.Reader.AsStream(), Encoding.UTF8);
        string word = (await lines.ReadLineAsync())!;
        while (await lines.ReadLineAsync() is { } script && script != word)
        {
        }

        while (!_isOver && await lines.ReadLineAsync() is { } line)
        {
            if (!line.StartsWith(word + " ", StringComparison.Ordinal)) continue;
            string call = line[(word.Length + 1)..];
            if (call.StartsWith("run ", StringComparison.Ordinal))
            {
                char[] block = new char[int.Parse(call.AsSpan(4), CultureInfo.InvariantCulture)];
                await lines.ReadBlockAsync(block);
                call = new string(block, 0, block.Length - 1);
            }

            string[] words = [.. call.Replace("{ ", "", StringComparison.Ordinal).Replace(";} 2>&1", "", StringComparison.Ordinal)
                .Split(' ').Select(text => text.Trim('\''))];
            bool done = await PrintAsync(Run(words, out int status, out string said), isContent: true);
            if (!_isOver) await PrintAsync(Encoding.ASCII.GetBytes($"\n{word}{(done ? status : 1):000}{(done ? said : "dd: ./x: Input/output error")}\n"), isContent: false);
        }

        if (!_isOver) await EndAsync(0);
    }

    async Task EndAsync(int code)
    {
        _isOver = true;
        await _output.Writer.CompleteAsync();
        await _errors.Writer.CompleteAsync();
        _exit.TrySetResult(new ExitStatus(code, null));
    }

    /// <returns>False where the line fails.</returns>
    async Task<bool> PrintAsync(byte[] bytes, bool isContent)
    {
        bool isHere = _fault != PeerFault.None && _left >= 0 && _left < bytes.Length && (isContent || _fault is PeerFault.Stops or PeerFault.Dies or PeerFault.AnswersLate);
        int at = isHere ? (int)_left : 0;
        _left -= bytes.Length;
        if (!isHere)
        {
            await _output.Writer.WriteAsync(bytes);
            return true;
        }

        await _output.Writer.WriteAsync(bytes.AsMemory(0, at));
        switch (_fault)
        {
            case PeerFault.Stops:
                _isOver = true;
                return true;
            case PeerFault.Dies:
                await EndAsync(137);
                return true;
            case PeerFault.Shortens:
                await _output.Writer.WriteAsync(bytes.AsMemory(Math.Min(bytes.Length, at + 7)));
                return true;
            case PeerFault.Lengthens:
                await _output.Writer.WriteAsync(Enumerable.Repeat((byte)'\n', 9).Concat(bytes[at..]).ToArray());
                return true;
            case PeerFault.AnswersLate:
                await Task.Delay(s_late);
                await _output.Writer.WriteAsync(bytes.AsMemory(at));
                return true;
            default:
                return false;
        }
    }

    byte[] Run(string[] words, out int status, out string said)
    {
        (status, said) = (0, "");
        switch (words[0])
        {
            case "tools": return Text("sha256sum|1|1|1|1|1|dd");
            case "kind": return Text("d\n");
            case "look" or "list": return Text("41ed 0 5:1 0 0 .//\n" + string.Concat(_files.Select(file => Record("./" + file.Key))));
            case "record" when _files.ContainsKey(words[1][2..]): return Text(Record(words[1]));
            case "get" when _files.TryGetValue(words[3][2..], out byte[]? content):
                int from = Math.Min(content.Length, int.Parse(words[1], CultureInfo.InvariantCulture) * Flight.Block);
                return content[from..Math.Min(content.Length, from + (int.Parse(words[2], CultureInfo.InvariantCulture) * Flight.Block))];
            case "pack": return Pack(words[1..]);
            case "prefix": return Text(Hash(_files[words[2][2..]][..int.Parse(words[1], CultureInfo.InvariantCulture)]));
            case "digest": return Text(string.Concat(words[1..].Select(name => Hash(_files[name[2..]]))));
            case "hashes": return Text(string.Concat(words[1..].Select(name => Hash(_files[name[2..]]))));
            case "cd" or "filled" or "closed" or "links" or "why": return [];
            default:
                (status, said) = (1, "No such file or directory");
                return [];
        }
    }

    string Record(string name) => $"81a4 {_files[name[2..]].Length} 5:2 0 0 {name}//\n";

    static string Hash(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content)) + "  x\n";

    static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);

    byte[] Pack(string[] names)
    {
        using MemoryStream archive = new();
        foreach (string name in names)
        {
            byte[] content = _files[name[2..]];
            TarHeader.Write(archive, name, content.Length, 0x1A4, 5);
            archive.Write(content);
            TarHeader.Pad(archive, content.Length);
        }

        archive.Write(new byte[4096]);
        return archive.ToArray();
    }

    public async ValueTask DisposeAsync()
    {
        await _input.Writer.CompleteAsync();
        await EndAsync(0);
    }
}
