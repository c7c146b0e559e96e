namespace Fairlead.Samples.Packages;

/// <summary>The tests that share one packed repository, which takes minutes to make.</summary>
[CollectionDefinition(Name)]
public sealed class PackedCollection : ICollectionFixture<PackedRepository>
{
    internal const string Name = "packed repository";
}
