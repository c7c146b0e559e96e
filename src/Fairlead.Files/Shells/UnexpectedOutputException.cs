using Fairlead.Wire;

namespace Fairlead.Files.Shells;

/// <summary>A line prints what no copy asked for. The shell is of no more use; another one may be.</summary>
sealed class UnexpectedOutputException(string what) : IOException($"the container's answer makes no sense: {new PeerText(what)}");
