using System.Text.Json.Nodes;

namespace Fairlead.Server;

/// <summary>A resource at one moment.</summary>
/// <param name="Items">The objects.</param>
/// <param name="ResourceVersion">The version to watch from.</param>
public sealed record CatalogSnapshot(IReadOnlyList<JsonObject> Items, long ResourceVersion);
