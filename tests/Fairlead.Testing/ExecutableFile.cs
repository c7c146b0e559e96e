using System.Diagnostics;

namespace Fairlead.Testing;

/// <summary>Programs that tests write and then start.</summary>
public static class ExecutableFile
{
    /// <summary>
    /// Writes <paramref name="content"/> to <paramref name="path"/>, in place of what is there, for everybody to read and execute. This process never has the file open:
    /// a child that another test starts at that moment would hold it open for writing, and until that child's own exec the kernel refuses to
    /// start the file ("text file busy").
    /// </summary>
    public static void Write(string path, string content)
    {
        using Process writer = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "rm -f -- \"$1\" && cat >\"$1\" && chmod 555 -- \"$1\"", "sh", path])
        {
            RedirectStandardInput = true,
        })!;
        writer.StandardInput.Write(content);
        writer.StandardInput.Close();
        writer.WaitForExit();
        if (writer.ExitCode != 0) throw new IOException($"{path} could not be written.");
    }
}
