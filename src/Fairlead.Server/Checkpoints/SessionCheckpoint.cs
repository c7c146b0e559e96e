using Fairlead.Streaming.RemoteCommand;

namespace Fairlead.Server.Checkpoints;

/// <summary>What is written of a session beside its own state, so that the server's next process can run it.</summary>
sealed record SessionCheckpoint
{
    /// <summary>Another number means another layout, which is not read.</summary>
    const string Layout = "fairlead session 1";

    const int MostWords = 1 << 20;

    /// <summary>Which part of the server answered it.</summary>
    internal required string Place { get; init; }

    internal required ContainerReference Where { get; init; }

    internal required string User { get; init; }

    internal required RemoteCommandRequest Request { get; init; }

    /// <summary>By which the runtime finds its command; empty where the command has ended, and only its client is waited for.</summary>
    internal required string Command { get; init; }

    /// <summary>How the command ended, for the log, where it has.</summary>
    internal required string Outcome { get; init; }

    /// <summary>The short names of the command's descriptors.</summary>
    internal required IReadOnlyList<string> Descriptors { get; init; }

    internal void Write(BinaryWriter writer)
    {
        writer.Write(Layout);
        writer.Write(Place);
        writer.Write(Where.Namespace);
        writer.Write(Where.Pod);
        writer.Write(Where.Container);
        writer.Write(User);
        writer.Write(Request.Stdin);
        writer.Write(Request.Stdout);
        writer.Write(Request.Stderr);
        writer.Write(Request.Tty);
        Write(writer, Request.Command);
        writer.Write(Command);
        writer.Write(Outcome);
        Write(writer, Descriptors);
    }

    /// <exception cref="InvalidDataException">It is of another layout.</exception>
    /// <exception cref="EndOfStreamException">It is not whole.</exception>
    internal static SessionCheckpoint Read(BinaryReader reader)
    {
        if (reader.ReadString() is not Layout and var other) throw new InvalidDataException($"its layout is \"{other}\", not \"{Layout}\"");
        return new SessionCheckpoint
        {
            Place = reader.ReadString(),
            Where = new ContainerReference(reader.ReadString(), reader.ReadString(), reader.ReadString()),
            User = reader.ReadString(),
            Request = new RemoteCommandRequest
            {
                Stdin = reader.ReadBoolean(),
                Stdout = reader.ReadBoolean(),
                Stderr = reader.ReadBoolean(),
                Tty = reader.ReadBoolean(),
                Command = ReadWords(reader),
            },
            Command = reader.ReadString(),
            Outcome = reader.ReadString(),
            Descriptors = ReadWords(reader),
        };
    }

    static void Write(BinaryWriter writer, IReadOnlyList<string> words)
    {
        writer.Write(words.Count);
        foreach (string word in words) writer.Write(word);
    }

    static string[] ReadWords(BinaryReader reader)
    {
        int count = reader.ReadInt32();
        if (count is < 0 or > MostWords) throw new InvalidDataException($"it names {count} words");
        string[] words = new string[count];
        for (int i = 0; i < count; i++) words[i] = reader.ReadString();
        return words;
    }
}
