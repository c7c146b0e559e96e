using System.Globalization;

namespace Fairlead.Streaming.Resumption.Answering;

/// <summary>What is written of a session at a server that stops, so that its next process knows whose it is. Its channels follow.</summary>
sealed record SavedSession
{
    internal required UInt128 Id { get; init; }

    /// <summary>SHA-256 of the secret: who reads the file has not got the session.</summary>
    internal required byte[] SecretHash { get; init; }

    internal required byte[] Digest { get; init; }

    internal required string Subject { get; init; }

    /// <summary>Who opened it; null where the server cannot tell callers apart.</summary>
    internal required string? Caller { get; init; }

    internal required uint Attempt { get; init; }

    internal required TimeSpan Keep { get; init; }

    /// <summary>When its client counts as lost, by the machine's clock: the time in which no process runs counts too.</summary>
    internal required DateTimeOffset Expires { get; init; }

    internal void Write(BinaryWriter writer)
    {
        writer.Write(Id.ToString(CultureInfo.InvariantCulture));
        writer.Write(SecretHash);
        writer.Write(Digest);
        writer.Write(Subject);
        writer.Write(Caller is not null);
        writer.Write(Caller ?? "");
        writer.Write(Attempt);
        writer.Write(Keep.Ticks);
        writer.Write(Expires.UtcTicks);
    }

    /// <exception cref="InvalidDataException">It cannot be read.</exception>
    internal static SavedSession Read(BinaryReader reader)
    {
        try
        {
            UInt128 id = UInt128.Parse(reader.ReadString(), CultureInfo.InvariantCulture);
            byte[] secret = ReadHash(reader), digest = ReadHash(reader);
            string subject = reader.ReadString();
            bool isKnown = reader.ReadBoolean();
            string caller = reader.ReadString();
            return new SavedSession
            {
                Id = id,
                SecretHash = secret,
                Digest = digest,
                Subject = subject,
                Caller = isKnown ? caller : null,
                Attempt = reader.ReadUInt32(),
                Keep = TimeSpan.FromTicks(reader.ReadInt64()),
                Expires = new DateTimeOffset(reader.ReadInt64(), TimeSpan.Zero),
            };
        }
        catch (Exception e) when (e is FormatException or OverflowException or ArgumentException)
        {
            throw new InvalidDataException("a saved session cannot be read: " + e.Message, e);
        }
    }

    static byte[] ReadHash(BinaryReader reader) =>
        reader.ReadBytes(32) is { Length: 32 } hash ? hash : throw new EndOfStreamException();
}
