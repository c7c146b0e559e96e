global using Fairlead.Testing;
