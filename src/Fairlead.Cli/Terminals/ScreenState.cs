namespace Fairlead.Cli.Terminals;

/// <summary>
/// What can be known of a terminal's screen from the bytes that a program writes to it: whether it has switched to the alternate screen, as
/// full-screen programs do, and whether something may be written between two of its outputs without breaking a character or a control
/// sequence in two.
/// </summary>
/// <remarks>
/// Follows ECMA-48 and what xterm calls "control sequences": ESC [ parameters final, ESC ] and its like up to BEL or ESC \. One caller at a
/// time.
/// </remarks>
sealed class ScreenState
{
    const byte Bell = 0x07, Cancel = 0x18, Substitute = 0x1a, Escape = 0x1b;

    Part _part;
    int _continuation, _parameter;
    bool _isPrivate, _isAboutScreens;

    enum Part
    {
        Text,
        Escape,
        Control,
        TextString,
    }

    /// <summary>A program has the whole screen, and draws it anew when its size changes.</summary>
    public bool IsAlternate { get; private set; }

    /// <summary>The last byte has ended a character or a control sequence.</summary>
    public bool IsBetween => _part is Part.Text && _continuation == 0;

    /// <summary>Follows what was written.</summary>
    public void See(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_part is not Part.Text)
            {
                Step(bytes[0]);
                bytes = bytes[1..];
                continue;
            }

            int escape = bytes.IndexOf(Escape);
            if (escape < 0)
            {
                _continuation = Missing(bytes);
                return;
            }

            _continuation = 0; // a character that an escape cut is none any more
            _part = Part.Escape;
            bytes = bytes[(escape + 1)..];
        }
    }

    /// <summary>How many bytes the last character still lacks.</summary>
    int Missing(ReadOnlySpan<byte> text)
    {
        for (int back = 1; back <= Math.Min(3, text.Length); back++)
        {
            byte each = text[^back];
            if (each is >= 0x80 and < 0xc0) continue;
            int length = each switch { < 0xc0 => 1, < 0xe0 => 2, < 0xf0 => 3, _ => 4 };
            return Math.Max(0, length - back);
        }

        return Math.Max(0, _continuation - text.Length);
    }

    void Step(byte next)
    {
        switch (next)
        {
            case Escape:
                _part = Part.Escape;
                return;
            case Cancel or Substitute:
                _part = Part.Text;
                return;
        }

        switch (_part)
        {
            case Part.Escape:
                Begin(next);
                break;
            case Part.TextString:
                if (next == Bell) _part = Part.Text;
                break;
            default:
                StepControl(next);
                break;
        }
    }

    void Begin(byte next)
    {
        switch (next)
        {
            case (byte)'[':
                (_part, _parameter, _isPrivate, _isAboutScreens) = (Part.Control, 0, false, false);
                break;
            case (byte)']' or (byte)'P' or (byte)'X' or (byte)'^' or (byte)'_':
                _part = Part.TextString;
                break;
            case < 0x30:
                break; // an intermediate byte, or a control character, which acts at once
            default:
                if (next == (byte)'c') IsAlternate = false; // a full reset
                _part = Part.Text;
                break;
        }
    }

    void StepControl(byte next)
    {
        switch (next)
        {
            case (byte)'?':
                _isPrivate = true;
                break;
            case >= (byte)'0' and <= (byte)'9':
                _parameter = Math.Min(10 * _parameter + next - '0', 10_000);
                break;
            case (byte)';' or >= 0x40:
                _isAboutScreens |= _isPrivate && _parameter is 47 or 1047 or 1049;
                _parameter = 0;
                if (next == (byte)';') break;
                if (_isAboutScreens && (next is (byte)'h' or (byte)'l')) IsAlternate = next == (byte)'h';
                _part = Part.Text;
                break;
        }
    }
}
