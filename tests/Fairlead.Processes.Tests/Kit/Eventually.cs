namespace Fairlead.Processes.Tests.Kit;

/// <summary>For what the system tells nobody about: looks again until it is so.</summary>
static class Eventually
{
    internal static async Task TrueAsync(Func<bool> condition, Func<string>? otherwise = null)
    {
        for (int i = 0; i < 1000; i++)
        {
            if (condition()) return;
            await Task.Delay(20);
        }

        Assert.Fail(otherwise?.Invoke() ?? "It did not come to be.");
    }
}
