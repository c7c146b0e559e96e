using Fairlead.Containerd.Cri;
using Fairlead.Server;

namespace Fairlead.Containerd;

/// <summary>A container that was found by its id.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Main">Its main process.</param>
/// <param name="Where">Its names.</param>
/// <param name="State">Whether it runs.</param>
public sealed record FoundContainer(string Id, IMainProcess Main, ContainerReference Where, ContainerState State);
