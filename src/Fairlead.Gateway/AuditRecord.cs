using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Fairlead.Gateway;

/// <summary>One session that has ended, or was refused, for the audit. Holds no credentials and nothing that was carried.</summary>
public sealed record AuditRecord
{
    static readonly SearchValues<char> s_plain = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_./:=@%+,");

    /// <summary>When it was asked for.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>
    /// Who: a certificate's user, else a mark that is the same for the same credentials while the process lives; <c>unknown</c> where it
    /// was refused before that is known.
    /// </summary>
    public required string Who { get; init; }

    /// <summary>
    /// The address that it was asked from: the connection's other end, or what a trusted proxy says; null where there is none.
    /// </summary>
    public string? Address { get; init; }

    /// <summary>
    /// <c>exec</c>, <c>attach</c> or <c>portforward</c>; <c>upgrade</c> where the path or the query is ambiguous, or no session's.
    /// </summary>
    public required string Kind { get; init; }

    /// <summary>The path as it was sent, without its query, where the kind is <c>upgrade</c>.</summary>
    public string? Path { get; init; }

    /// <summary>The pod's namespace.</summary>
    public required string Namespace { get; init; }

    /// <summary>The pod.</summary>
    public required string Pod { get; init; }

    /// <summary>The container, where one was named.</summary>
    public string? Container { get; init; }

    /// <summary>The command, as much as <see cref="GatewayOptions.AuditCommand"/> says.</summary>
    public string? Command { get; init; }

    /// <summary>What the client spoke.</summary>
    public string? ClientProtocol { get; init; }

    /// <summary>What the server behind spoke.</summary>
    public string? ServerProtocol { get; init; }

    /// <summary>The version of HTTP that carried the client's side: <c>1.1</c>, or <c>2</c> beside other sessions.</summary>
    public string? ClientHttp { get; init; }

    /// <summary>The same of the side of the server behind.</summary>
    public string? ServerHttp { get; init; }

    /// <summary>Payload bytes from the client.</summary>
    public long BytesToServer { get; init; }

    /// <summary>Payload bytes to the client.</summary>
    public long BytesToClient { get; init; }

    /// <summary>The command's exit code, where it is known.</summary>
    public int? ExitCode { get; init; }

    /// <summary>
    /// How it ended: <c>Completed</c>, <c>ServerLost</c>, <c>ClientLost</c>, <c>Ended</c>; <c>Refused</c>, <c>Abandoned</c> (the client
    /// left before it was joined to the server), <c>PassedOn</c> (an upgrade that is no session, of which nothing but its path is known),
    /// <c>Failed</c> (a fault of the gateway's).
    /// </summary>
    public required string End { get; init; }

    /// <summary>The failure's reason, where there was one that is no exit code.</summary>
    public string? Reason { get; init; }

    /// <summary>How long it took.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>The command in the form that is wanted; null for none.</summary>
    internal static string? Show(IReadOnlyList<string> command, AuditCommand form) => (form, command) switch
    {
        (AuditCommand.None, _) or (_, []) => null,
        (AuditCommand.Full, _) => string.Join(' ', command.Select(Quote)),
        (AuditCommand.Hash, _) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\0', command)))),
        _ => command[0],
    };

    /// <summary>As a shell would have to be told it: arguments that hold spaces must not look like several.</summary>
    static string Quote(string argument) =>
        argument.Length > 0 && !argument.AsSpan().ContainsAnyExcept(s_plain)
            ? argument
            : $"'{argument.Replace("'", @"'\''", StringComparison.Ordinal)}'";

    /// <summary>One line of JSON.</summary>
    public string ToJson()
    {
        ArrayBufferWriter<byte> line = new();
        using (Utf8JsonWriter json = new(line))
        {
            json.WriteStartObject();
            json.WriteString("audit", "session");
            json.WriteString("time", Time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture));
            Text("who", Who);
            Text("address", Address);
            Text("kind", Kind);
            Text("path", Path);
            Text("namespace", Namespace);
            Text("pod", Pod);
            Text("container", Container);
            Text("command", Command);
            Text("client", ClientProtocol);
            Text("server", ServerProtocol);
            Text("clientHttp", ClientHttp);
            Text("serverHttp", ServerHttp);
            if (Path is null) // bytes are counted for sessions only; Path is set where the upgrade is no session
            {
                json.WriteNumber("bytesToServer", BytesToServer);
                json.WriteNumber("bytesToClient", BytesToClient);
            }

            if (ExitCode is { } code) json.WriteNumber("exitCode", code);
            Text("end", End);
            Text("reason", Reason);
            json.WriteNumber("seconds", Math.Round(Duration.TotalSeconds, 3));
            json.WriteEndObject();

            void Text(string name, string? value)
            {
                if (value is not null) json.WriteString(name, value);
            }
        }

        return Encoding.UTF8.GetString(line.WrittenSpan);
    }
}
