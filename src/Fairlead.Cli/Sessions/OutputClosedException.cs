namespace Fairlead.Cli.Sessions;

/// <summary>What reads our output has gone, as in <c>fairlead … | head</c>: nobody is left to be told anything.</summary>
sealed class OutputClosedException(IOException cause) : IOException("The reader of the output went away.", cause);
