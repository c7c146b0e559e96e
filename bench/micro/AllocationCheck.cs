using System.Globalization;

namespace Fairlead.Benchmarks;

/// <summary>Whether a message costs an allocation once everything is warm: quick enough for every run of the tests.</summary>
static class AllocationCheck
{
    const int WarmUp = 5_000, Calls = 20_000;

    /// <returns>0 when no codec allocates per message and a session next to nothing, 1 otherwise.</returns>
    public static async Task<int> RunAsync()
    {
        ChannelCodecs codecs = new();
        SpdyFraming framing = new();
        SpdyHeaderCompression compression = new();
        SessionMessages session = new();
        session.Open();
        bool good = true;

        // One thread's own account for what runs on one: exact, so that nothing at all is the bound.
        good &= Tell("channel byte", Codec(() => codecs.ChannelByte()), most: 0);
        good &= Tell("base64", Codec(() => codecs.Base64ThereAndBack()), most: 0);
        good &= Tell("SPDY data frame", Codec(() => framing.DataFrame()), most: 0);
        good &= Tell("SPDY control frame", Codec(() => framing.WindowUpdate()), most: 0);
        good &= Tell("SPDY header compression", Codec(() => compression.ThereAndBack()), most: 0);

        // A session runs on several threads, whose pools allocate now and then: a bound that the smallest object a message breaks.
        good &= Tell("session, output", await SessionAsync(session.Output), most: MostOfSession);
        good &= Tell("session, input", await SessionAsync(session.Input), most: MostOfSession);
        session.Close();
        compression.Close();
        return good ? 0 : 1;
    }

    const double MostOfSession = 23;

    static double Codec(Action call)
    {
        for (int i = 0; i < WarmUp; i++) call();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < Calls; i++) call();
        return (GC.GetAllocatedBytesForCurrentThread() - before) / (double)Calls;
    }

    static async Task<double> SessionAsync(Func<Task> call)
    {
        for (int i = 0; i < WarmUp / SessionMessages.Messages; i++) await call();
        long before = GC.GetTotalAllocatedBytes(precise: true);
        for (int i = 0; i < Calls / SessionMessages.Messages; i++) await call();
        return (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)Calls;
    }

    static bool Tell(string what, double bytes, double most)
    {
        bool good = bytes <= most;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what,-26} {bytes,8:0.0} bytes allocated a message{(good ? "" : $", more than {most}: FAILED")}"));
        return good;
    }
}
