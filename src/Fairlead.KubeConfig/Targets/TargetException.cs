namespace Fairlead;

/// <summary>A target names nothing that a command can run in: no pod, a pod that has ended, or no such container.</summary>
public sealed class TargetException : RefusedException
{
    /// <summary>Creates it.</summary>
    public TargetException(string message) : base(message)
    {
    }
}
