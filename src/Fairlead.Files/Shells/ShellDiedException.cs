using Fairlead.Wire;

namespace Fairlead.Files.Shells;

/// <summary>A shell that had begun has ended before it had answered: killed, or out of memory. Another one may live longer.</summary>
sealed class ShellDiedException(string message) : IOException(VisibleText.Line(message));
