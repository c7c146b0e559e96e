using Fairlead.Fuzz.Targets;

namespace Fairlead.Wire.Tests;

/// <summary>
/// Replays what the fuzzer kept, as it lies in tests/fuzz-corpus, and damages each input a little, with seeds that the message names.
/// </summary>
public sealed class FuzzCorpusTests
{
    /// <summary>For a target half a million in all where the large sizes are asked for.</summary>
    static int Rounds(int files) => Repository.IsFull ? (500_000 / files) + 1 : 100;

    public static TheoryData<string> Targets => [.. FuzzTarget.All.Keys];

    [Theory, MemberData(nameof(Targets))]
    public void The_corpus_shows_no_fault(string target)
    {
        foreach (string file in Files(target)) Run(target, File.ReadAllBytes(file), Path.GetFileName(file));
    }

    [Theory, MemberData(nameof(Targets))]
    public void Damage_shows_no_fault(string target)
    {
        string[] files = Files(target);
        int rounds = Rounds(files.Length);
        foreach (string file in files)
        {
            byte[] original = File.ReadAllBytes(file);
            for (int seed = 0; seed < rounds; seed++)
                Run(target, Damage(original, new Random(seed)), $"seed {seed} of {Path.GetFileName(file)}");
        }
    }

    static string[] Files(string target)
    {
        string[] files = Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "fuzz-corpus", target));
        Assert.NotEmpty(files);
        return files;
    }

    static void Run(string target, byte[] input, string what)
    {
        Exception? fault = Record.Exception(() => FuzzTarget.All[target](input));
        if (fault is not null) Assert.Fail($"{what}: {fault}\n{Convert.ToHexStringLower(input)}");
    }

    static byte[] Damage(byte[] original, Random random)
    {
        List<byte> bytes = [.. original];
        for (int changes = random.Next(1, 5); changes > 0 && bytes.Count > 0; changes--)
        {
            int at = random.Next(bytes.Count), length = Math.Min(random.Next(1, 16), bytes.Count - at);
            switch (random.Next(4))
            {
                case 0: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 1: bytes[at] = (byte)random.Next(256); break;
                case 2: bytes.RemoveRange(at, length); break;
                default: bytes.InsertRange(at, bytes.GetRange(at, length)); break;
            }
        }

        return [.. bytes];
    }
}
