namespace Fairlead.Fuzz.Targets;

/// <summary>An input showed a fault.</summary>
sealed class FuzzFaultException(string message) : Exception(message);
