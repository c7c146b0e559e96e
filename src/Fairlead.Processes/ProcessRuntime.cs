namespace Fairlead.Processes;
/// <summary>Later.</summary>
public sealed class ProcessRuntime;
