namespace Fairlead.Files.Local;

/// <summary>
/// Finds the folder of a path below a root, one name after the other. Keeps the last one open: entries come folder by folder.
/// </summary>
sealed class LocalTree(LocalFolder root) : IDisposable
{
    LocalFolder? _last;
    string? _lastPath;

    /// <summary>The folder, which stays the tree's own and is good until the next call.</summary>
    internal LocalFolder Folder(string path)
    {
        if (path.Length == 0) return root;
        if (path == _lastPath) return _last!;
        Forget();
        LocalFolder folder = root;
        foreach (string name in path.Split('/'))
        {
            LocalFolder next;
            try
            {
                next = folder.OpenFolder(name);
            }
            finally
            {
                if (folder != root) folder.Dispose();
            }

            folder = next;
        }

        (_last, _lastPath) = (folder, path);
        return folder;
    }

    /// <summary>Lets the last folder go.</summary>
    internal void Forget()
    {
        _last?.Dispose();
        (_last, _lastPath) = (null, null);
    }

    public void Dispose()
    {
        Forget();
        root.Dispose();
    }
}
