namespace Fairlead.Testing.Containerd;

/// <summary>One request as a <see cref="ScriptedKubelet"/> saw it.</summary>
/// <param name="Protocol">HTTP's version.</param>
/// <param name="Method">The method.</param>
/// <param name="Target">Path and query, byte for byte.</param>
/// <param name="User">Whom the connection's certificate, or the token, or neither made of its sender.</param>
/// <param name="Connection">Which connection it came by.</param>
/// <param name="HasCertificate">The connection shows a certificate.</param>
/// <param name="Headers">Its headers.</param>
public sealed record SeenRequest(
    string Protocol, string Method, string Target, string User, string Connection, bool HasCertificate, IReadOnlyDictionary<string, string> Headers);
