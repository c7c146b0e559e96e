namespace Fairlead.Cli.Usage;

/// <summary>The command line asks for something that cannot be meant.</summary>
sealed class UsageException(string message) : Exception(message);
