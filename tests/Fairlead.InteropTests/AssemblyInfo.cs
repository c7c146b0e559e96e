using Fairlead.InteropTests;

// One lab serves every test; and tests run one after another, since some of them measure.
[assembly: AssemblyFixture(typeof(LabFixture))]
[assembly: CollectionBehavior(CollectionBehavior.CollectionPerAssembly)]
