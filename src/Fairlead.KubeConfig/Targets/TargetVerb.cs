namespace Fairlead.KubeConfig.Targets;

/// <summary>What a target is looked up for; the words of a refusal depend on it.</summary>
public enum TargetVerb
{
    /// <summary>To run a command in it.</summary>
    Exec,

    /// <summary>To join its main process.</summary>
    Attach,
}
