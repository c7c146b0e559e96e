using System.Text.Json.Nodes;
using Fairlead.Server;

namespace Fairlead.Containerd.Pods;

/// <summary>A pod that was looked up, with what the runtime's lists said of it: no container of it need be asked for again.</summary>
sealed class CriPod(JsonObject item, ListedPod listed) : FoundPod(item)
{
    public ListedPod Listed => listed;
}
