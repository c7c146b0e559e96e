namespace Fairlead.Cli.Demo;

/// <summary>One row of the demo's table.</summary>
/// <param name="What">What was done.</param>
/// <param name="Over">Carrier and subprotocol.</param>
/// <param name="Bytes">Payload bytes in both directions.</param>
/// <param name="Took">From the request to the end of the session.</param>
/// <param name="Outcome">What came of it.</param>
/// <param name="Succeeded">It came out as it should.</param>
sealed record DemoStep(string What, string Over, long Bytes, TimeSpan Took, string Outcome, bool Succeeded);
