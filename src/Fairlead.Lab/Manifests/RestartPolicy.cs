namespace Fairlead.Lab.Manifests;

/// <summary>When a main process that has ended is started again.</summary>
enum RestartPolicy
{
    Always = 0,
    OnFailure,
    Never,
}
