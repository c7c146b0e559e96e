using System.Text.Json;
using System.Text.Json.Serialization;
using Fairlead.Node.Host;

namespace Fairlead.Node.Installation;

/// <summary>
/// Who keeps the front of a machine in its place: the last one that put it there. A former one that ends leaves it alone, so that a
/// new version takes over what stands there.
/// </summary>
public sealed record FrontHolder
{
    const string Path = "/var/lib/fairlead/node-holder.json";

    /// <summary>A name that no other has: a pod's.</summary>
    [JsonPropertyName("holder")] public required string Name { get; init; }

    /// <summary>What it brought along, by paths as the machine sees them: all that goes with the front.</summary>
    [JsonPropertyName("files")] public IReadOnlyList<string> Files { get; init; } = [];

    /// <summary>The SHA-256 of the program that the front was told to be; null where it has not been told yet.</summary>
    [JsonPropertyName("program")] public string? Program { get; init; }

    /// <summary>Reads the machine's.</summary>
    /// <param name="root">The machine.</param>
    /// <returns>Null where nobody keeps it.</returns>
    /// <exception cref="InvalidDataException">It cannot be read.</exception>
    public static FrontHolder? Read(HostRoot root)
    {
        ArgumentNullException.ThrowIfNull(root);
        if (root.ReadBytes(Path) is not { } text) return null;
        try
        {
            return JsonSerializer.Deserialize(text, HolderJson.Default.FrontHolder);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{Path}: this does not say who keeps the front: {e.Message}", e);
        }
    }

    /// <summary>Becomes the machine's.</summary>
    /// <param name="root">The machine.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Write(HostRoot root)
    {
        ArgumentNullException.ThrowIfNull(root);
        root.Write(Path, JsonSerializer.SerializeToUtf8Bytes(this, HolderJson.Default.FrontHolder), ownerOnly: true);
    }

    /// <summary>Takes away what it brought along, and then itself.</summary>
    /// <param name="root">The machine.</param>
    public void Leave(HostRoot root)
    {
        ArgumentNullException.ThrowIfNull(root);
        foreach (string file in Files) root.Delete(file);
        root.Delete(Path);
    }
}

[JsonSourceGenerationOptions(WriteIndented = true)]
[JsonSerializable(typeof(FrontHolder))]
sealed partial class HolderJson : JsonSerializerContext;
