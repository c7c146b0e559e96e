namespace Fairlead.Testing;

/// <summary>Figures that a run found: <c>./test</c> shows them, no test passes or fails by them alone.</summary>
public static class Measurement
{
    /// <summary>Tells one.</summary>
    public static void Tell(string text) => Console.Out.WriteLine($"measured: {text}");
}
