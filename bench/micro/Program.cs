using BenchmarkDotNet.Running;
using Fairlead.Benchmarks;

// --check: allocations alone, in seconds. Anything else is BenchmarkDotNet's: --filter '*' --job short, for instance.
if (args is ["--check"]) return await AllocationCheck.RunAsync();
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
return 0;
