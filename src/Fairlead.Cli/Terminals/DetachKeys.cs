using System.Buffers;
using System.CommandLine.Parsing;
using Fairlead.Cli.CommandLine;

namespace Fairlead.Cli.Terminals;

/// <summary>
/// Keys that, typed one after the other, leave a session with a terminal. What may still become them is kept back, and passed on as soon as
/// it cannot.
/// </summary>
/// <param name="keys">What the terminal sends for them; at least one byte.</param>
sealed class DetachKeys(byte[] keys)
{
    /// <summary>What attach takes unless told otherwise, as container tools do.</summary>
    public const string OfAttach = "ctrl-p,ctrl-q";

    int _typed;

    /// <summary>
    /// Reads <c>ctrl-p,ctrl-q</c>: letters, digits and signs by themselves, and with <c>ctrl-</c> a-z, @, [, \, ], ^ and _.
    /// </summary>
    /// <returns>Null, and an error in the result, where a key is not known; empty for none, or nothing.</returns>
    public static byte[]? Parse(ArgumentResult result)
    {
        try
        {
            return Read(result.Last);
        }
        catch (FormatException e)
        {
            result.AddError(e.Message);
            return null;
        }
    }

    /// <exception cref="FormatException">A key is not known.</exception>
    internal static byte[] Read(string text)
    {
        if (text is "" or "none") return [];
        List<byte> keys = [];
        foreach (string key in text.Split(','))
        {
            if (key is ['c', 't', 'r', 'l', '-', (>= 'a' and <= 'z') or (>= '@' and <= '_')]) keys.Add((byte)(key[^1] & 0x1f));
            else if (key is [> ' ' and < '\x7f']) keys.Add((byte)key[0]);
            else throw new FormatException($"\"{key}\" is no key: write for instance {OfAttach}, or none");
        }

        return [.. keys];
    }

    /// <summary>Passes on what was typed, less what is kept back.</summary>
    /// <returns>True when the keys were typed: what is behind them is dropped.</returns>
    public bool Pass(ReadOnlySpan<byte> typed, IBufferWriter<byte> target)
    {
        foreach (byte key in typed)
        {
            while (_typed > 0 && key != keys[_typed]) GiveUpFirst(target);
            if (key != keys[_typed]) target.Write([key]);
            else if (++_typed == keys.Length) return true;
        }

        return false;
    }

    /// <summary>What was kept back is not the keys from its start; from one of its later bytes on it may be.</summary>
    void GiveUpFirst(IBufferWriter<byte> target)
    {
        int length = _typed;
        do target.Write(keys.AsSpan(length - _typed, 1));
        while (--_typed > 0 && !keys.AsSpan(length - _typed, _typed).SequenceEqual(keys.AsSpan(0, _typed)));
    }
}
