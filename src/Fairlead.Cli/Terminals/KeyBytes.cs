using System.Buffers;
using System.Text;

namespace Fairlead.Cli.Terminals;

/// <summary>
/// The bytes that a Unix terminal sends for the keys that a Windows console tells of. A console that makes escape sequences of keys tells
/// their characters one by one; of one that does not, the keys without a character are known by their numbers.
/// </summary>
sealed class KeyBytes
{
    const uint RightAlt = 0x1, LeftAlt = 0x2, RightControl = 0x4, LeftControl = 0x8, Shift = 0x10;
    const ushort Alt = 0x12, Space = 0x20, Two = 0x32;

    char? _high; // the first half of a character that comes as two keys

    /// <summary>Adds what one key sends; nothing for keys that are let go, and for those that only change others.</summary>
    /// <param name="isDown">It was pressed, or is held.</param>
    /// <param name="key">Windows' number of it.</param>
    /// <param name="character">Its UTF-16 unit; zero for none.</param>
    /// <param name="controls">Which of Shift, Ctrl and Alt are held.</param>
    /// <param name="target">Takes the bytes.</param>
    public void Add(bool isDown, ushort key, char character, uint controls, IBufferWriter<byte> target)
    {
        // A character that is written by its number, with Alt held, is there when Alt is let go; pasted ones may come so too.
        if (!isDown && !(key == Alt && character != 0)) return;
        bool isControl = (controls & (LeftControl | RightControl)) != 0, isAlt = (controls & LeftAlt) != 0;
        if (character == 0)
        {
            if (isControl && key is Space or Two) target.Write<byte>([0]);
            else if (Sequence(key, (controls & Shift) != 0, isAlt || (controls & RightAlt) != 0, isControl) is { } sequence)
                target.Write(Encoding.ASCII.GetBytes(sequence));
            return;
        }

        if (char.IsHighSurrogate(character))
        {
            _high = character;
            return;
        }

        Span<byte> bytes = stackalloc byte[4];
        Rune rune = _high is { } high && char.IsLowSurrogate(character) ? new Rune(high, character)
            : Rune.TryCreate(character, out Rune whole) ? whole : Rune.ReplacementChar;
        _high = null;
        if (isDown && isAlt && !isControl && character != 0x1b) target.Write<byte>([0x1b]); // AltGr is right Alt, and told with Ctrl
        target.Write(bytes[..rune.EncodeToUtf8(bytes)]);
    }

    /// <summary>What xterm sends: the letter or number of the key, and which others are held.</summary>
    static string? Sequence(ushort key, bool isShift, bool isAlt, bool isControl)
    {
        int held = 1 + (isShift ? 1 : 0) + (isAlt ? 2 : 0) + (isControl ? 4 : 0);
        char letter = key switch
        {
            0x26 => 'A',
            0x28 => 'B',
            0x27 => 'C',
            0x25 => 'D',
            0x24 => 'H',
            0x23 => 'F', // arrows, Home, End
            0x70 => 'P',
            0x71 => 'Q',
            0x72 => 'R',
            0x73 => 'S', // F1 to F4
            _ => '\0',
        };
        if (letter != 0) return held > 1 ? $"\e[1;{held}{letter}" : key >= 0x70 ? $"\eO{letter}" : $"\e[{letter}";
        int number = key switch
        {
            0x2D => 2,
            0x2E => 3,
            0x21 => 5,
            0x22 => 6, // Insert, Delete, Page up, Page down
            0x74 => 15,
            0x75 => 17,
            0x76 => 18,
            0x77 => 19,
            0x78 => 20,
            0x79 => 21,
            0x7A => 23,
            0x7B => 24, // F5 to F12
            _ => 0,
        };
        return number == 0 ? null : held > 1 ? $"\e[{number};{held}~" : $"\e[{number}~";
    }
}
