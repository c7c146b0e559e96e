using System.Reflection;
using System.Runtime.CompilerServices;
using Xunit.Sdk;
using Xunit.v3;

[assembly: TestFramework(typeof(Fairlead.Testing.Limits.LimitedTestFramework))]

namespace Fairlead.Testing.Limits;

/// <summary>xUnit's, with a time limit for every test: one that does not say its own has <see cref="TestLimit.Default"/>.</summary>
public sealed class LimitedTestFramework(string? configuration) : XunitTestFramework(configuration)
{
    /// <inheritdoc/>
    protected override ITestFrameworkExecutor CreateExecutor(Assembly assembly) => new Executor((IXunitTestAssembly)CreateDiscoverer(assembly).TestAssembly);

    sealed class Executor(IXunitTestAssembly assembly) : XunitTestFrameworkExecutor(assembly)
    {
        public override async ValueTask RunTestCases(
            IReadOnlyCollection<IXunitTestCase> testCases, IMessageSink executionMessageSink, ITestFrameworkExecutionOptions executionOptions,
            CancellationToken cancellationToken)
        {
            foreach (XunitTestCase test in testCases.OfType<XunitTestCase>())
            {
                if (test.Timeout > 0 || !IsAsynchronous(test.TestMethod.Method.ReturnType)) continue;
                SetTimeout(test, (int)TestLimit.Default.TotalMilliseconds);
            }

            using TestWatch watch = new(executionMessageSink);
            await base.RunTestCases(testCases, watch, executionOptions, cancellationToken);
        }

        /// <summary>xUnit can fail such a test when its time is over. Any other is the watch's alone.</summary>
        static bool IsAsynchronous(Type returned) => typeof(Task).IsAssignableFrom(returned) || returned == typeof(ValueTask);

        [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "set_Timeout")]
        static extern void SetTimeout(XunitTestCase test, int milliseconds);
    }
}
