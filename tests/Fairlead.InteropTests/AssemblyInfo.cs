using Fairlead.InteropTests;

// One lab serves every test; and tests run one after another, since some of them measure.
[assembly: AssemblyFixture(typeof(LabFixture))]
[assembly: AssemblyFixture(typeof(SilentGateway))]
[assembly: CollectionBehavior(CollectionBehavior.CollectionPerAssembly)]
