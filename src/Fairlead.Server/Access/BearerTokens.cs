using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Fairlead.Server.Access;

/// <summary>Who sends a request, by its bearer token.</summary>
/// <remarks>
/// Hashes are compared, in constant time, and always with all users: how long it takes tells nothing about how close a guess
/// was or who exists.
/// </remarks>
sealed class BearerTokens
{
    const string Scheme = "Bearer ";

    readonly Func<IReadOnlyList<ApiUser>> _users;
    volatile Known _known;

    /// <param name="users">The users of the moment: another list once they have changed.</param>
    public BearerTokens(Func<IReadOnlyList<ApiUser>> users) => (_users, _known) = (users, new Known(users()));

    /// <summary>The user, or null for nobody and for a token that is not known. A token among the subprotocols is taken out.</summary>
    public ApiUser? Authenticate(HttpRequest request)
    {
        string? token = FromHeader(request.Headers.Authorization) ?? SubprotocolToken.Take(request);
        return string.IsNullOrEmpty(token) ? null : Find(token);
    }

    ApiUser? Find(string token)
    {
        IReadOnlyList<ApiUser> users = _users();
        Known all = _known;
        if (!ReferenceEquals(all.Users, users)) _known = all = new Known(users);
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(token));
        ApiUser? found = null;
        foreach ((byte[] known, ApiUser user) in all.Hashed)
        {
            if (CryptographicOperations.FixedTimeEquals(known, hash)) found = user;
        }

        return found;
    }

    sealed class Known(IReadOnlyList<ApiUser> users)
    {
        public IReadOnlyList<ApiUser> Users => users;

        public (byte[] Hash, ApiUser User)[] Hashed { get; } = [
            .. users.Where(user => user.Token.Length > 0).Select(user => (SHA256.HashData(Encoding.UTF8.GetBytes(user.Token)), user))];
    }

    static string? FromHeader(StringValues header) =>
        header.Count == 1 && header[0]!.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? header[0]![Scheme.Length..].Trim() : null;
}
