using System.Globalization;
using Fairlead.Server.Commands;

namespace Fairlead.Containerd.Tasks;

/// <summary>What one process of a node writes down of a native command for the next one, beside its FIFOs.</summary>
/// <param name="Exec">By which containerd knows it.</param>
/// <param name="Pid">Its number.</param>
/// <param name="Started">The kernel's start time of it, so that nobody else is taken for it.</param>
/// <param name="HasTerminal">It runs on a terminal.</param>
/// <param name="HasInput">Input was asked for.</param>
/// <param name="IsRead">containerd was seen to read the input.</param>
/// <param name="Input">How far the input has come.</param>
readonly record struct SuspendedExec(
    ExecReference Exec, int Pid, ulong Started, bool HasTerminal, bool HasInput, bool IsRead, CommandInputState Input)
{
    /// <summary>As <see cref="Parse"/> reads it. No name has a space.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Exec.ContainerId} {Exec.ExecId} {Pid} {Started} {HasTerminal} {HasInput} {IsRead} {Input.IsOver} {Input.LineBegun}");

    /// <exception cref="FormatException">It is none.</exception>
    internal static SuspendedExec Parse(string text)
    {
        if (text.Split(' ') is not [var container, var exec, var pid, var started, var terminal, var input, var read, var over, var line])
            throw new FormatException("no suspended command is described so");
        return new SuspendedExec(
            new ExecReference(container, exec),
            int.Parse(pid, CultureInfo.InvariantCulture), ulong.Parse(started, CultureInfo.InvariantCulture),
            bool.Parse(terminal), bool.Parse(input), bool.Parse(read), new CommandInputState(bool.Parse(over), bool.Parse(line)));
    }
}
