namespace Fairlead.Files.Pods;

/// <summary>A remote line printed less or more than it was to: what it read has changed meanwhile. The shell is of no more use.</summary>
sealed class UnexpectedOutputException() : IOException("The container's answer is not as long as it was to be.");
