namespace Fairlead.Stand;

/// <summary>Standard input, by which bench/run says what to do next, and by whose end it says that all is over.</summary>
static class Input
{
    public static Task<string?> NextAsync() => Task.Run(Console.In.ReadLine);

    public static async Task EndsAsync()
    {
        while (await NextAsync() is not null)
        {
            // nothing is asked of a server
        }
    }
}
