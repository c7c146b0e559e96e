namespace Fairlead;

/// <summary>What is compared before a file takes its place.</summary>
public enum CopyVerification
{
    /// <summary>The SHA-256 of every file; its size where a container has no tool for that.</summary>
    Sha256 = 0,

    /// <summary>The size of every file.</summary>
    Size,

    /// <summary>Nothing.</summary>
    None,
}
