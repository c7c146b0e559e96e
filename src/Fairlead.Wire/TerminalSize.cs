using System.Buffers;
using System.Text.Json;

namespace Fairlead.Wire;

/// <summary>The size of a terminal, in character cells.</summary>
/// <param name="Width">Columns.</param>
/// <param name="Height">Rows.</param>
public readonly record struct TerminalSize(ushort Width, ushort Height)
{
    /// <summary>Writes <c>{"Width":80,"Height":24}</c> and a line feed, as client-go does.</summary>
    public void WriteTo(IBufferWriter<byte> output)
    {
        using (Utf8JsonWriter writer = new(output))
        {
            writer.WriteStartObject();
            writer.WriteNumber("Width"u8, Width);
            writer.WriteNumber("Height"u8, Height);
            writer.WriteEndObject();
        }

        output.Write("\n"u8);
    }

    /// <summary>
    /// Takes one size off the front of a stream of JSON values. Member names match in any case, unknown members are skipped;
    /// one value may lie across several messages and one message may hold several values.
    /// </summary>
    /// <param name="input">The bytes so far; what was read is sliced off.</param>
    /// <param name="size">The size, when true is returned.</param>
    /// <returns>True with a size; false when more bytes are needed.</returns>
    /// <exception cref="FormatException">The bytes are not a size and never will be.</exception>
    public static bool TryRead(ref ReadOnlySequence<byte> input, out TerminalSize size)
    {
        size = default;
        if (input.IsEmpty) return false;
        try
        {
            Utf8JsonReader reader = new(input, isFinalBlock: false,
                new JsonReaderState(new JsonReaderOptions { AllowMultipleValues = true, MaxDepth = 4 }));
            if (!reader.Read()) return false;
            if (reader.TokenType != JsonTokenType.StartObject) throw new FormatException("A terminal size is a JSON object.");

            ushort width = 0, height = 0;
            while (true)
            {
                if (!reader.Read()) return false;
                if (reader.TokenType == JsonTokenType.EndObject) break;

                bool isWidth = Is(ref reader, "width"), isHeight = Is(ref reader, "height");
                if (!reader.Read()) return false;
                if ((isWidth || isHeight) && (reader.TokenType != JsonTokenType.Number || !reader.TryGetUInt16(out ushort value)))
                    throw new FormatException("A terminal's width and height are numbers from 0 to 65535.");
                else if (isWidth) reader.TryGetUInt16(out width);
                else if (isHeight) reader.TryGetUInt16(out height);
                else if (!reader.TrySkip()) return false;
            }

            input = input.Slice(reader.BytesConsumed);
            size = new TerminalSize(width, height);
            return true;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException) // the latter for a member name that is no text
        {
            throw new FormatException("A terminal size is a JSON object.", e);
        }
    }

    static bool Is(ref Utf8JsonReader reader, string name) =>
        string.Equals(reader.GetString(), name, StringComparison.OrdinalIgnoreCase);
}
