using System.Text.Json;
using System.Text.Json.Serialization;
using Fairlead.Node.Host;

namespace Fairlead.Node.Installation;

/// <summary>
/// Who keeps an installation in its place: the last one that put it there. A former one that ends leaves it alone, so that a new version
/// takes over what stands there.
/// </summary>
public sealed record InstallationHolder
{
    /// <summary>A name that no other has: a pod's.</summary>
    [JsonPropertyName("holder")] public required string Name { get; init; }

    /// <summary>What it brought along, by paths as the machine sees them: all that goes with it.</summary>
    [JsonPropertyName("files")] public IReadOnlyList<string> Files { get; init; } = [];

    /// <summary>The SHA-256 of the program that the service was told to be; null where it has not been told yet.</summary>
    [JsonPropertyName("program")] public string? Program { get; init; }

    /// <summary>Reads the machine's.</summary>
    /// <param name="root">The machine.</param>
    /// <param name="kind">What is kept.</param>
    /// <returns>Null where nobody keeps it.</returns>
    /// <exception cref="InvalidDataException">It cannot be read.</exception>
    public static InstallationHolder? Read(HostRoot root, InstallationKind kind)
    {
        ArgumentNullException.ThrowIfNull(root);
        ArgumentNullException.ThrowIfNull(kind);
        if (root.ReadBytes(kind.HolderFile) is not { } text) return null;
        try
        {
            return JsonSerializer.Deserialize(text, HolderJson.Default.InstallationHolder);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{kind.HolderFile}: this does not say who keeps the {kind.Name}: {e.Message}", e);
        }
    }

    /// <summary>Becomes the machine's.</summary>
    /// <param name="root">The machine.</param>
    /// <param name="kind">What is kept.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Write(HostRoot root, InstallationKind kind)
    {
        ArgumentNullException.ThrowIfNull(root);
        ArgumentNullException.ThrowIfNull(kind);
        root.Write(kind.HolderFile, JsonSerializer.SerializeToUtf8Bytes(this, HolderJson.Default.InstallationHolder), ownerOnly: true);
    }

    /// <summary>Takes away what it brought along, and then itself.</summary>
    /// <param name="root">The machine.</param>
    /// <param name="kind">What is kept.</param>
    public void Leave(HostRoot root, InstallationKind kind)
    {
        ArgumentNullException.ThrowIfNull(root);
        ArgumentNullException.ThrowIfNull(kind);
        foreach (string file in Files) root.Delete(file);
        root.Delete(kind.HolderFile);
    }
}

[JsonSourceGenerationOptions(WriteIndented = true)]
[JsonSerializable(typeof(InstallationHolder))]
sealed partial class HolderJson : JsonSerializerContext;
