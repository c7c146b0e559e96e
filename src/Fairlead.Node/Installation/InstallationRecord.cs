using System.Text.Json;
using System.Text.Json.Serialization;
using Fairlead.Node.Host;

namespace Fairlead.Node.Installation;

/// <summary>What an installation has changed, with what was there before: enough to take it out again byte for byte.</summary>
sealed record InstallationRecord
{
    /// <summary>The files in the order in which they were written.</summary>
    [JsonPropertyName("files")] public required IReadOnlyList<InstalledFile> Files { get; init; }

    /// <summary>The calls of systemctl that have not been made yet, each with its arguments.</summary>
    [JsonPropertyName("pending")] public required IReadOnlyList<string[]> Pending { get; init; }

    /// <summary>The kubelet's command line, with the configuration that is meant: where the kubelet does not start, nothing else knows
    /// it.</summary>
    [JsonPropertyName("kubelet")] public required IReadOnlyList<string> Kubelet { get; init; }

    /// <summary>
    /// The runtime's own socket, where the kubelet was given another one to ask: however often it is installed, the original.
    /// </summary>
    [JsonPropertyName("runtime")] public string? Runtime { get; init; }

    /// <summary>The kubelet's configuration has been written, so that a kubelet may go by it.</summary>
    [JsonPropertyName("kubelet-changed")] public bool IsKubeletChanged { get; init; }

    /// <summary>Reads the machine's record.</summary>
    /// <returns>Null where nothing is installed.</returns>
    /// <exception cref="InvalidDataException">There is one that cannot be read.</exception>
    public static InstallationRecord? Read(HostRoot root, InstallationKind kind)
    {
        if (root.ReadBytes(kind.RecordFile) is not { } text) return null;
        try
        {
            return JsonSerializer.Deserialize(text, InstallationJson.Default.InstallationRecord);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{kind.RecordFile}: this is no record of an installation: {e.Message}", e);
        }
    }

    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, InstallationJson.Default.InstallationRecord);
}

/// <summary>One file of an installation.</summary>
sealed record InstalledFile
{
    [JsonPropertyName("path")] public required string Path { get; init; }

    /// <summary>Null where there was no such file.</summary>
    [JsonPropertyName("before")] public required byte[]? Before { get; init; }

    [JsonPropertyName("after")] public required byte[] After { get; init; }
}

/// <remarks>By metadata: the generator's fast path writes an empty text for bytes that are null.</remarks>
[JsonSourceGenerationOptions(WriteIndented = true, GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(InstallationRecord))]
sealed partial class InstallationJson : JsonSerializerContext;
