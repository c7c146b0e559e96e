using Fairlead.Fuzz.Targets;
using SharpFuzz;

// instrument FILE    adds afl's coverage to a copy of one of our libraries, in place
// TARGET             under afl-fuzz: a run for every input; alone: one run over standard input
switch (args)
{
    case ["instrument", string file]:
        int types = Fuzzer.Instrument(file, _ => true, Options.Value).Count();
        Console.WriteLine($"{types} types instrumented");
        return types > 0 ? 0 : 1;
    case [string name] when FuzzTarget.All.TryGetValue(name, out Action<byte[]>? run):
        Fuzzer.OutOfProcess.Run(stream =>
        {
            using MemoryStream input = new();
            stream.CopyTo(input);
            run(input.ToArray());
        });
        return 0;
    default:
        Console.Error.WriteLine($"usage: Fairlead.Fuzz instrument FILE | {string.Join(" | ", FuzzTarget.All.Keys)}");
        return 2;
}
