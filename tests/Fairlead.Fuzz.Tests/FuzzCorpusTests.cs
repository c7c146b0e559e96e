using Fairlead.Fuzz.Targets;
using Fairlead.Testing;

namespace Fairlead.Fuzz.Tests;

/// <summary>
/// Replays what the fuzzer kept, as it lies in tests/fuzz-corpus, and damages each input, with seeds that the message names: a little, or
/// with the large sizes half a million times for every target.
/// </summary>
public sealed class FuzzCorpusTests
{
    const int Runs = 4_000, FullRuns = 500_000;

    public static TheoryData<string> Targets => [.. FuzzTarget.All.Keys];

    [Theory(Timeout = 60_000), MemberData(nameof(Targets))]
    public async Task The_corpus_shows_no_fault(string target)
    {
        foreach ((string name, byte[] input) in Corpus(target)) await Task.Run(() => Run(target, input, name), TestContext.Current.CancellationToken);
    }

    [Theory(Timeout = 3_600_000), MemberData(nameof(Targets))]
    public async Task Damage_shows_no_fault(string target)
    {
        (string Name, byte[] Input)[] corpus = [.. Corpus(target)];
        await Parallel.ForAsync(0, Repository.IsFull ? FullRuns : Runs, TestContext.Current.CancellationToken, (seed, _) =>
        {
            Random random = new(seed);
            (string name, byte[] original) = corpus[seed % corpus.Length];
            Run(target, Damage(original, corpus[random.Next(corpus.Length)].Input, random), $"seed {seed} of {name}");
            return ValueTask.CompletedTask;
        });
    }

    static IEnumerable<(string Name, byte[] Input)> Corpus(string target)
    {
        string[] files = Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "fuzz-corpus", target));
        Assert.NotEmpty(files);
        return files.Order(StringComparer.Ordinal).Select(static file => (Path.GetFileName(file), File.ReadAllBytes(file)));
    }

    static void Run(string target, byte[] input, string what)
    {
        Exception? fault = Record.Exception(() => FuzzTarget.All[target](input));
        if (fault is not null) Assert.Fail($"{what}: {fault}\n{Convert.ToHexStringLower(input)}");
    }

    static byte[] Damage(byte[] original, byte[] other, Random random)
    {
        List<byte> bytes = [.. original];
        for (int changes = random.Next(1, 8); changes > 0 && bytes.Count > 0; changes--)
        {
            int at = random.Next(bytes.Count), length = Math.Min(random.Next(1, 16), bytes.Count - at);
            switch (random.Next(6))
            {
                case 0: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 1: bytes[at] = (byte)random.Next(256); break;
                case 2: bytes.RemoveRange(at, length); break;
                case 3: bytes.InsertRange(at, bytes.GetRange(at, length)); break;
                case 4: bytes.RemoveRange(at, bytes.Count - at); break; // it stops here
                default: // goes on as another
                    int from = random.Next(other.Length + 1);
                    bytes.InsertRange(at, other[from..Math.Min(other.Length, from + random.Next(1, 200))]);
                    break;
            }
        }

        return [.. bytes];
    }
}
