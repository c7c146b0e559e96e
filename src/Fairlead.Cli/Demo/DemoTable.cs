using System.Globalization;

namespace Fairlead.Cli.Demo;

/// <summary>The demo's table, a row as soon as its step is done.</summary>
sealed class DemoTable(TextWriter output)
{
    internal void WriteHead() => Write("WHAT", "OVER", "BYTES", "TIME", "RESULT");

    internal void Write(DemoStep step) => Write(
        step.What,
        step.Over,
        step.Bytes.ToString("N0", CultureInfo.InvariantCulture),
        step.Took.TotalMilliseconds.ToString("N0", CultureInfo.InvariantCulture) + " ms",
        step.Succeeded ? step.Outcome : "FAILED: " + step.Outcome);

    void Write(string what, string over, string bytes, string time, string result)
    {
        output.WriteLine($"{what,-29}  {over,-36}  {bytes,12}  {time,9}  {result}");
        output.Flush();
    }
}
