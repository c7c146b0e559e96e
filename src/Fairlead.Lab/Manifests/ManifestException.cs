using Fairlead.Wire;

namespace Fairlead.Lab.Manifests;

/// <summary>A manifest cannot be read or run. The message says where and why.</summary>
public sealed class ManifestException(string message, Exception? innerException = null)
    : FormatException(VisibleText.Line(message), innerException);
