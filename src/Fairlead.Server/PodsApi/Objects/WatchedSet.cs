using System.Globalization;
using System.Text.Json.Nodes;

namespace Fairlead.Server.PodsApi.Objects;

/// <summary>
/// Which objects a watch's client has, so that an object that comes to match the selector is added for it, and one that ceases to
/// is deleted.
/// </summary>
sealed class WatchedSet
{
    readonly ObjectSelector _selector;
    readonly HashSet<(string, string)> _known = [];

    /// <param name="selector">What the watch is about.</param>
    /// <param name="now">The objects there are now.</param>
    /// <param name="from">The version the watch begins after: what changed since is not known to the client yet.</param>
    public WatchedSet(ObjectSelector selector, IEnumerable<JsonObject> now, long from)
    {
        _selector = selector;
        if (selector.IsFixed) return;
        foreach (JsonObject item in now)
        {
            bool isOld = long.TryParse(item.ResourceVersion, NumberStyles.None, CultureInfo.InvariantCulture, out long version)
                && version <= from;
            if (isOld && selector.Matches(item)) _known.Add(item.Key);
        }
    }

    /// <summary>The type of a change as the client is to see it; null when it does not concern the client.</summary>
    public string? TypeOf(CatalogChange change)
    {
        bool matches = _selector.Matches(change.Item);
        if (_selector.IsFixed) return matches ? change.Type : null;
        if (change.Type == "DELETED" || !matches) return _known.Remove(change.Item.Key) || (matches && change.Type == "DELETED")
            ? "DELETED"
            : null;
        return _known.Add(change.Item.Key) ? "ADDED" : change.Type;
    }
}
