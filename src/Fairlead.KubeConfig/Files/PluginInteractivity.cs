namespace Fairlead.KubeConfig.Files;

/// <summary>Whether a credential plugin asks questions on the terminal.</summary>
enum PluginInteractivity
{
    Never,
    IfAvailable,
    Always,
}
