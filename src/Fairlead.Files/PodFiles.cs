using System.Runtime.CompilerServices;
using Fairlead.Files.Local;
using Fairlead.Files.Pods;
using Fairlead.Files.Runs;
using Fairlead.Files.Shells;
using Microsoft.Extensions.Logging;

namespace Fairlead;

/// <summary>
/// Copies files to and from a container, by nothing but a shell in it and tar, dd, cat or head. Every file is verified before it takes its
/// place, and a lost connection is made anew and goes on at the byte.
/// </summary>
/// <remarks>On Linux, macOS and Windows. On Windows files get no permissions and no owner, links are not made, and names that Windows does
/// not hold are refused, each by its name. A cancelled copy keeps what it has beside the destination, in a folder <c>.fairlead-…</c>; the
/// same copy goes on from there.</remarks>
/// <example>
/// <code>
/// CopyResult result = await client.Files(new("web-0", "default")).CopyToPodAsync("./site", "/srv/site");
/// </code>
/// </example>
public sealed class PodFiles
{
    readonly StreamingClient _client;
    readonly PodReference _pod;
    readonly ILogger _logger;

    internal PodFiles(StreamingClient client, PodReference pod)
    {
        _client = client;
        _pod = pod;
        _logger = client.Endpoint.Logging.CreateLogger("Fairlead.Files");
    }

    /// <summary>
    /// Copies a file or folder of this machine to the container; into <paramref name="podPath"/> where that is a folder already.
    /// </summary>
    /// <param name="localPath">What; <c>folder/.</c> for what is in it.</param>
    /// <param name="podPath">Where to; its parent must exist.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellationToken">Ends the copy; what has arrived is kept for the next one.</param>
    /// <exception cref="CopyException">It could not be done, or what arrived is not what was sent. Nothing unverified was
    /// placed.</exception>
    /// <exception cref="UpgradeException">The server refused.</exception>
    /// <exception cref="RemoteCommandException">The server could not run a shell.</exception>
    /// <exception cref="ServerUnreachableException">The server could not be reached.</exception>
    /// <exception cref="PlatformNotSupportedException">This machine's files are to be copied, and it is neither
    /// Linux, macOS nor Windows, or a macOS that does not do what a copy relies on.</exception>
    public async Task<CopyResult> CopyToPodAsync(
        string localPath, string podPath, CopyOptions? options = null, CancellationToken cancellationToken = default)
    {
        Check(localPath, podPath);
        options ??= new CopyOptions();
        LocalFolder.CheckSystem();
        PodReference pod = await _client.FindPodAsync(_pod, cancellationToken);
        await using LocalSource source = LocalSource.Open(localPath);
        await using PodTarget target = new(ShellSource.Of(_client, pod, podPath, options), podPath, source.Leaf, options)
        {
            OpenHere = source.OpenAgain,
        };
        using CopyRun run = new(source, target, options, _logger);
        return await CopyTelemetry.WatchAsync("to_pod", pod, () => run.RunAsync(cancellationToken));
    }

    /// <summary>
    /// Copies a file or folder of the container to this machine. A file goes into <paramref name="localPath"/> where that is a folder; what
    /// is in a folder goes to <paramref name="localPath"/> itself, as with kubectl.
    /// </summary>
    /// <param name="podPath">What.</param>
    /// <param name="localPath">Where to; its parent must exist.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellationToken">Ends the copy; what has arrived is kept for the next one.</param>
    /// <exception cref="CopyException">It could not be done, or what arrived is not what was sent. Nothing unverified was
    /// placed.</exception>
    /// <exception cref="UpgradeException">The server refused.</exception>
    /// <exception cref="RemoteCommandException">The server could not run a shell.</exception>
    /// <exception cref="ServerUnreachableException">The server could not be reached.</exception>
    /// <exception cref="PlatformNotSupportedException">This machine's files are to be copied, and it is neither
    /// Linux, macOS nor Windows, or a macOS that does not do what a copy relies on.</exception>
    public async Task<CopyResult> CopyFromPodAsync(
        string podPath, string localPath, CopyOptions? options = null, CancellationToken cancellationToken = default)
    {
        Check(podPath, localPath);
        options ??= new CopyOptions();
        LocalFolder.CheckSystem();
        PodReference pod = await _client.FindPodAsync(_pod, cancellationToken);
        await using PodSource source = new(ShellSource.Of(_client, pod, podPath, options), podPath, options);
        await using LocalTarget target = new(localPath, options);
        using CopyRun run = new(source, target, options, _logger);
        return await CopyTelemetry.WatchAsync("from_pod", pod, () => run.RunAsync(cancellationToken));
    }

    /// <summary>Copies from this container to another one, through this machine; nothing is stored on the way.</summary>
    /// <param name="podPath">What.</param>
    /// <param name="target">The other container.</param>
    /// <param name="targetPath">Where to, as for <see cref="CopyToPodAsync"/>.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellationToken">Ends the copy; what has arrived is kept for the next one.</param>
    /// <exception cref="CopyException">It could not be done, or what arrived is not what was sent. Nothing unverified was
    /// placed.</exception>
    /// <exception cref="UpgradeException">The server refused.</exception>
    /// <exception cref="RemoteCommandException">The server could not run a shell.</exception>
    /// <exception cref="ServerUnreachableException">The server could not be reached.</exception>
    /// <exception cref="PlatformNotSupportedException">This machine's files are to be copied, and it is neither
    /// Linux, macOS nor Windows, or a macOS that does not do what a copy relies on.</exception>
    public async Task<CopyResult> CopyToAsync(
        string podPath, PodFiles target, string targetPath, CopyOptions? options = null, CancellationToken cancellationToken = default)
    {
        Check(podPath, targetPath);
        ArgumentNullException.ThrowIfNull(target);
        options ??= new CopyOptions();
        PodReference pod = await _client.FindPodAsync(_pod, cancellationToken),
            other = await target._client.FindPodAsync(target._pod, cancellationToken);
        await using PodSource from = new(ShellSource.Of(_client, pod, podPath, options), podPath, options);
        await using PodTarget to = new(ShellSource.Of(target._client, other, targetPath, options), targetPath, from.Leaf, options);
        using CopyRun run = new(from, to, options, _logger);
        return await CopyTelemetry.WatchAsync("between_pods", pod, () => run.RunAsync(cancellationToken));
    }

    static void Check(
        string from, string to, [CallerArgumentExpression(nameof(from))] string fromName = "",
        [CallerArgumentExpression(nameof(to))] string toName = "")
    {
        foreach ((string path, string name) in (ReadOnlySpan<(string, string)>)[(from, fromName), (to, toName)])
        {
            ArgumentException.ThrowIfNullOrEmpty(path, name);
            if (path.Contains('\0', StringComparison.Ordinal)) throw new ArgumentException("A path holds no zero byte.", name);
        }
    }
}
