using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fairlead.Wire;

/// <summary>The Kubernetes <c>v1.Status</c>: how a session ended, or why a request was refused.</summary>
public sealed record Status
{
    /// <summary>The value of <see cref="Result"/> for success.</summary>
    public const string SuccessResult = "Success";

    /// <summary>The value of <see cref="Result"/> for failure.</summary>
    public const string FailureResult = "Failure";

    /// <summary>The reason of a command that ended with a code other than 0.</summary>
    public const string NonZeroExitCodeReason = "NonZeroExitCode";

    /// <summary>The cause that carries the exit code as a decimal string.</summary>
    public const string ExitCodeCause = "ExitCode";

    /// <summary><c>Status</c> in an API answer; absent at the end of a session.</summary>
    [JsonPropertyName("kind"), JsonPropertyOrder(0)] public string? Kind { get; init; }

    /// <summary><c>v1</c> in an API answer; absent at the end of a session.</summary>
    [JsonPropertyName("apiVersion"), JsonPropertyOrder(1)] public string? ApiVersion { get; init; }

    /// <summary>Always an empty object when written; ignored when read.</summary>
    [JsonPropertyName("metadata"), JsonPropertyOrder(2)] public StatusMetadata? Metadata { get; init; } = new();

    /// <summary><see cref="SuccessResult"/> or <see cref="FailureResult"/>.</summary>
    [JsonPropertyName("status"), JsonPropertyOrder(3)] public string? Result { get; init; }

    /// <summary>What happened, for people; as it came where it was read, so that it is not fit to show: see <see cref="Said"/>.</summary>
    [JsonPropertyName("message"), JsonPropertyOrder(4)] public string? Message { get; init; }

    /// <summary>What happened, in one word, for programs.</summary>
    [JsonPropertyName("reason"), JsonPropertyOrder(5)] public string? Reason { get; init; }

    /// <summary>What it was about.</summary>
    [JsonPropertyName("details"), JsonPropertyOrder(6)] public StatusDetails? Details { get; init; }

    /// <summary>The HTTP status code, in an API answer.</summary>
    [JsonPropertyName("code"), JsonPropertyOrder(7)] public int? Code { get; init; }

    /// <summary>The status of a session that ended well.</summary>
    public static Status Success { get; } = new() { Result = SuccessResult };

    /// <summary>What happened, fit to show: the message, or the reason where there is none; empty where there is neither.</summary>
    [JsonIgnore] public PeerText Said => new PeerText(string.IsNullOrWhiteSpace(Message) ? Reason : Message).Trim();

    /// <summary>True for an explicit success that nothing in the status contradicts, and for nothing else.</summary>
    [JsonIgnore] public bool IsSuccess => Result == SuccessResult && Reason != NonZeroExitCodeReason && StatedExitCode is null or "0";

    /// <summary>What the first cause of an exit code says, whatever it is; null where there is none.</summary>
    [JsonIgnore]
    internal string? StatedExitCode
    {
        get
        {
            foreach (StatusCause? cause in Details?.Causes ?? []) // JSON from the peer may hold null here
            {
                if (cause?.Reason == ExitCodeCause) return cause.Message ?? "";
            }

            return null;
        }
    }

    /// <summary>
    /// What is wrong with a final status whose exit code cannot be told, for people and fit to show; null where it is an ordinary failure.
    /// </summary>
    [JsonIgnore]
    public string? Contradiction => (Result, StatedExitCode) switch
    {
        _ when TryGetExitCode(out _) => null,
        (SuccessResult, null) => $"it says {SuccessResult} and {NonZeroExitCodeReason}",
        (SuccessResult, var code) => $"it says {SuccessResult} and the exit code \"{new PeerText(code)}\"",
        _ when Reason != NonZeroExitCodeReason => null,
        (_, null) => "it names no exit code",
        (_, "0") => "it says Failure and the exit code \"0\"",
        (_, var code) => $"\"{new PeerText(code)}\" is no exit code",
    };

    /// <summary>The status of a command that ended with this code; <see cref="Success"/> for 0.</summary>
    /// <param name="code">The exit code, 0 to 255; a command that a signal ended has 128 plus its number.</param>
    /// <param name="text">What to say instead of "command terminated with exit code N".</param>
    public static Status FromExitCode(int code, string? text = null) => code == 0 ? Success : new Status
    {
        Result = FailureResult,
        Message = "command terminated with non-zero exit code: "
            + (text ?? string.Create(CultureInfo.InvariantCulture, $"command terminated with exit code {code}")),
        Reason = NonZeroExitCodeReason,
        Details =
        new StatusDetails { Causes = [new StatusCause { Reason = ExitCodeCause, Message = code.ToString(CultureInfo.InvariantCulture) }] },
    };

    /// <summary>The status of a session that failed for a reason of the server's.</summary>
    public static Status InternalError(string message) => new()
    {
        Result = FailureResult,
        Message = "Internal error occurred: " + message,
        Reason = "InternalError",
        Details = new StatusDetails { Causes = [new StatusCause { Message = message }] },
        Code = 500,
    };

    /// <summary>The body of an API answer that refuses a request.</summary>
    public static Status Refusal(int code, string reason, string message, StatusDetails? details = null) => new()
    {
        Kind = "Status",
        ApiVersion = "v1",
        Result = FailureResult,
        Message = message,
        Reason = reason,
        Details = details,
        Code = code,
    };

    /// <summary>How a command ended, for a log: the result, its reason and its exit code, as far as there are any.</summary>
    [JsonIgnore]
    public PeerText Outcome =>
        Result + (string.IsNullOrEmpty(Reason) ? "" : $" ({Reason})")
            + (TryGetExitCode(out int code) ? string.Create(CultureInfo.InvariantCulture, $", exit code {code}") : "");

    /// <summary>The command's exit code, where the status says one.</summary>
    /// <returns>True for success (0) and for a non-zero exit code of 1 to 255.</returns>
    public bool TryGetExitCode(out int code)
    {
        code = 0;
        if (IsSuccess) return true;
        if (Result != FailureResult || Reason != NonZeroExitCodeReason) return false;
        if (!byte.TryParse(StatedExitCode, NumberStyles.None, CultureInfo.InvariantCulture, out byte value) || value == 0) return false;
        code = value;
        return true;
    }

    /// <summary>Writes the JSON form, as <see cref="ToJson"/>.</summary>
    public void WriteTo(IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        output.Write(ToJson());
    }

    /// <summary>
    /// The JSON form as bytes. What is for people is made fit to show: clients, kubectl too, print it as it is. Names are left alone.
    /// </summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(WithText(Fit), WireJson.Plain.Status);

    static string? Fit(string? text) => text is null ? null : VisibleText.Line(text, VisibleText.LongestLines);

    /// <summary>The same with what is for people changed.</summary>
    internal Status WithText(Func<string?, string?> change) => this with
    {
        Message = change(Message),
        Reason = change(Reason),
        Details = Details is { Causes: { } causes } details
            ? details with
            {
                Causes = [.. causes.Select(
                cause => cause is null ? cause! : new StatusCause { Reason = change(cause.Reason), Message = change(cause.Message) })]
            }
            : Details,
    };

    /// <summary>Reads the JSON form.</summary>
    /// <returns>Null where the bytes are no Status: not JSON, no object, or a result that is neither success nor failure.</returns>
    public static Status? TryParse(ReadOnlySpan<byte> json)
    {
        try
        {
            Status? status = JsonSerializer.Deserialize(json, WireJson.Plain.Status);
            return status?.Result is SuccessResult or FailureResult ? status : null;
        }
        catch (JsonException)
        {
            return null; // the peer's bytes are not a Status: that is the answer, not a fault
        }
    }
}

/// <summary>The empty metadata that a Status carries.</summary>
public sealed record StatusMetadata;

/// <summary>What a <see cref="Status"/> is about.</summary>
public sealed record StatusDetails
{
    /// <summary>The object's name.</summary>
    [JsonPropertyName("name"), JsonPropertyOrder(0)] public string? Name { get; init; }

    /// <summary>The API group of the resource.</summary>
    [JsonPropertyName("group"), JsonPropertyOrder(1)] public string? Group { get; init; }

    /// <summary>The resource, in the plural.</summary>
    [JsonPropertyName("kind"), JsonPropertyOrder(2)] public string? Kind { get; init; }

    /// <summary>Why, one by one.</summary>
    [JsonPropertyName("causes"), JsonPropertyOrder(3)] public IReadOnlyList<StatusCause>? Causes { get; init; }
}

/// <summary>One cause of a <see cref="Status"/>.</summary>
public sealed record StatusCause
{
    /// <summary>The kind of cause; spelled <c>reason</c> on the wire.</summary>
    [JsonPropertyName("reason"), JsonPropertyOrder(0)] public string? Reason { get; init; }

    /// <summary>Its text; the exit code for <see cref="Status.ExitCodeCause"/>.</summary>
    [JsonPropertyName("message"), JsonPropertyOrder(1)] public string? Message { get; init; }
}
