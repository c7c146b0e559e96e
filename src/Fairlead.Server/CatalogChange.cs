using System.Text.Json.Nodes;

namespace Fairlead.Server;

/// <summary>One change.</summary>
/// <param name="Type"><c>ADDED</c>, <c>MODIFIED</c> or <c>DELETED</c>, as a watch spells it.</param>
/// <param name="Item">The object after the change, or as it was last for a deletion.</param>
public sealed record CatalogChange(string Type, JsonObject Item);
