namespace Fairlead.Cli.Terminals;

/// <summary>
/// Whether this process's terminal is raw at the moment: what is written to it then needs a carriage return behind each line.
/// </summary>
static class RawMode
{
    static volatile bool s_isOn;

    public static bool IsOn
    {
        get => s_isOn;
        set => s_isOn = value;
    }
}
