using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Fairlead.Streaming.Tls;
using Fairlead.Testing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Fairlead.Streaming.Tests.Tls;

[Trait("Case", "C18")]
public sealed class WatchedFilesTests : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("fairlead-watched-").FullName;
    readonly TestAuthority _authority = new(), _other = new();
    readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);
    readonly LogRecorder _log = new();

    string Certificate => Path.Combine(_folder, "tls.crt");

    string Key => Path.Combine(_folder, "tls.key");

    WatchedFiles<SslStreamCertificateContext> Identity(string? certificate = null, string? key = null) => new(
        "server certificate", reads => PemCertificates.ReadIdentity(reads.Read(certificate ?? Certificate), reads.Read(key ?? Key), "tls.crt with tls.key"),
        made => [made.TargetCertificate], _time, _log);

    WatchedFiles<X509Certificate2Collection> Authorities(string path) =>
        new("client authorities", reads => PemCertificates.ReadAuthorities(reads.Read(path), "ca.crt"), made => made, _time, _log);

    void Look(int times = 2)
    {
        for (int i = 0; i < times; i++) _time.Advance(FileReads.Interval);
    }

    (string Certificate, string Key) Write(string name)
    {
        (string certificate, string key) = _authority.IssueServerPem(name);
        File.WriteAllText(Certificate, certificate);
        File.WriteAllText(Key, key);
        return (certificate, key);
    }

    static string Name(WatchedFiles<SslStreamCertificateContext> watched) => watched.Current.TargetCertificate.GetNameInfo(X509NameType.SimpleName, false);

    int Warnings => _log.Entries.Count(entry => entry.Level == LogLevel.Warning);

    [Fact]
    public void A_new_pair_is_taken_within_a_minute_and_told_with_subject_and_expiry()
    {
        Write("first");
        using WatchedFiles<SslStreamCertificateContext> watched = Identity();
        SslStreamCertificateContext before = watched.Current;
        Look(10);
        Assert.Same(before, watched.Current); // made once, and not for every look
        Write("second");
        Look();
        Assert.Equal("second", Name(watched));
        Assert.True(FileReads.Interval * 3 < TimeSpan.FromMinutes(1));
        Assert.Contains(_log.Entries, entry => entry.Level == LogLevel.Information && entry.Text.Contains("CN=second until 20", StringComparison.Ordinal));
        Assert.Equal("first", before.TargetCertificate.GetNameInfo(X509NameType.SimpleName, false)); // whoever began with it may go on with it
        Assert.NotNull(before.TargetCertificate.GetECDsaPrivateKey());
    }

    [Fact]
    public void A_file_replaced_by_rename_with_the_same_time_and_size_is_seen()
    {
        string path = Path.Combine(_folder, "list"), next = path + ".next";
        DateTime time = DateTime.UtcNow.AddDays(-1);
        File.WriteAllText(path, "one");
        File.SetLastWriteTimeUtc(path, time);
        using WatchedFiles<string> watched = new("list", reads => System.Text.Encoding.UTF8.GetString(reads.Read(path)), _ => [], _time, _log);
        File.WriteAllText(next, "two");
        File.SetLastWriteTimeUtc(next, time);
        File.Move(next, path, overwrite: true);
        Look();
        Assert.Equal("two", watched.Current);
    }

    [Fact]
    public void A_folder_that_a_symbolic_link_swaps_is_followed()
    {
        Version("v1", "first");
        Link("..data", "v1");
        File.CreateSymbolicLink(Certificate, "..data/tls.crt");
        File.CreateSymbolicLink(Key, "..data/tls.key");
        using WatchedFiles<SslStreamCertificateContext> watched = Identity();
        Version("v2", "second");
        Link("..data", "v2");
        Directory.Delete(Path.Combine(_folder, "v1"), recursive: true);
        Look();
        Assert.Equal("second", Name(watched));

        void Version(string folder, string name)
        {
            (string certificate, string key) = _authority.IssueServerPem(name);
            Directory.CreateDirectory(Path.Combine(_folder, folder));
            File.WriteAllText(Path.Combine(_folder, folder, "tls.crt"), certificate);
            File.WriteAllText(Path.Combine(_folder, folder, "tls.key"), key);
        }
    }

    [Fact]
    public void A_link_to_one_file_with_certificate_and_key_is_followed()
    {
        string current = Path.Combine(_folder, "kubelet-client-current.pem");
        foreach (string name in (string[])["first", "second"])
        {
            (string certificate, string key) = _authority.IssueServerPem(name);
            File.WriteAllText(Path.Combine(_folder, name), certificate + "\n" + key);
        }

        Link("kubelet-client-current.pem", "first");
        using WatchedFiles<SslStreamCertificateContext> watched = Identity(current, current);
        Assert.Equal("first", Name(watched));
        Link("kubelet-client-current.pem", "second");
        Look();
        Assert.Equal("second", Name(watched));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Half_a_pair_is_not_taken_and_told_once(bool certificateFirst)
    {
        Write("first");
        using WatchedFiles<SslStreamCertificateContext> watched = Identity();
        (string certificate, string key) = _authority.IssueServerPem("second");
        File.WriteAllText(certificateFirst ? Certificate : Key, certificateFirst ? certificate : key);
        Look(6);
        Assert.Equal("first", Name(watched));
        (LogLevel level, string text, _) = Assert.Single(_log.Entries);
        Assert.Equal(LogLevel.Warning, level);
        Assert.Contains("tls.crt with tls.key cannot be understood: the key is not the certificate's", text, StringComparison.Ordinal);
        File.WriteAllText(certificateFirst ? Key : Certificate, certificateFirst ? key : certificate);
        Look();
        Assert.Equal("second", Name(watched));
    }

    [Theory]
    [InlineData("key gone")]
    [InlineData("certificate gone")]
    [InlineData("certificate cut")]
    [InlineData("key cut")]
    [InlineData("empty")]
    public void What_is_not_whole_leaves_the_former_in_force(string fault)
    {
        Write("first");
        using WatchedFiles<SslStreamCertificateContext> watched = Identity();
        (string certificate, string key) = Write("second");
        switch (fault)
        {
            case "key gone": File.Delete(Key); break;
            case "certificate gone": File.Delete(Certificate); break;
            case "certificate cut": File.WriteAllText(Certificate, certificate[..(certificate.Length / 2)]); break;
            case "key cut": File.WriteAllText(Key, key[..(key.Length / 2)]); break;
            default: File.WriteAllText(Certificate, ""); break;
        }

        Look(6);
        Assert.Equal("first", Name(watched));
        string told = Assert.Single(_log.Entries).Text;
        Assert.Contains(fault.StartsWith("key gone", StringComparison.Ordinal) ? "tls.key" : "tls.crt", told, StringComparison.Ordinal);
        Assert.DoesNotContain(key[40..60], told, StringComparison.Ordinal);
        File.WriteAllText(Certificate, certificate);
        File.WriteAllText(Key, key);
        Look();
        Assert.Equal("second", Name(watched));
    }

    [Fact]
    public void What_is_being_written_is_waited_for()
    {
        string path = Path.Combine(_folder, "ca.crt");
        File.WriteAllText(path, _authority.Pem + "\n");
        using WatchedFiles<X509Certificate2Collection> watched = Authorities(path);
        File.AppendAllText(path, _other.Pem + "\n"); // whole, and not yet all
        Look(1);
        File.AppendAllText(path, _authority.Pem + "\n");
        Look(1);
        Assert.Single(watched.Current);
        Look(1);
        Assert.Equal(3, watched.Current.Count);
        Assert.Equal(0, Warnings);
    }

    [Fact]
    public void Authorities_that_are_cut_off_in_the_middle_are_not_taken()
    {
        string path = Path.Combine(_folder, "ca.crt");
        File.WriteAllText(path, _authority.Pem);
        using WatchedFiles<X509Certificate2Collection> watched = Authorities(path);
        File.WriteAllText(path, _other.Pem + "\n" + _authority.Pem[..^40]);
        Look(4);
        Assert.Equal(_authority.Pem, Assert.Single(watched.Current).ExportCertificatePem());
        Assert.Contains("ca.crt cannot be understood: a certificate is cut off", Assert.Single(_log.Entries).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_new_certificate_that_is_over_is_taken_as_it_is_and_warned_of()
    {
        Write("first");
        using WatchedFiles<SslStreamCertificateContext> watched = Identity();
        (string certificate, string key) = _authority.IssueServerPem("late", expired: true);
        File.WriteAllText(Certificate, certificate);
        File.WriteAllText(Key, key);
        Look();
        Assert.Equal("late", Name(watched));
        Assert.Contains(_log.Entries, entry => entry.Level == LogLevel.Warning && entry.Text.Contains("a certificate is over: CN=late", StringComparison.Ordinal));
    }

    [Fact]
    public void Intermediates_come_with_their_certificate()
    {
        (string certificate, string key) = _authority.IssueServerPem();
        SslStreamCertificateContext made = PemCertificates.ReadIdentity(Bytes(certificate + "\n" + _authority.Pem + "\n" + _other.Pem), Bytes(key), "it");
        Assert.NotNull(made.TargetCertificate.GetECDsaPrivateKey());
        Assert.Throws<InvalidDataException>(() => PemCertificates.ReadIdentity(Bytes(certificate + "\n" + _authority.Pem[..^50]), Bytes(key), "it"));

        static byte[] Bytes(string text) => System.Text.Encoding.UTF8.GetBytes(text);
    }

    [Fact]
    public void Nothing_is_looked_at_any_more_after_the_end()
    {
        Write("first");
        WatchedFiles<SslStreamCertificateContext> watched = Identity();
        watched.Dispose();
        Write("second");
        Look(4);
        Assert.Equal("first", Name(watched));
        Assert.Empty(_log.Entries);
    }

    void Link(string name, string target)
    {
        File.Delete(Path.Combine(_folder, name));
        File.CreateSymbolicLink(Path.Combine(_folder, name), target);
    }

    public void Dispose()
    {
        _authority.Dispose();
        _other.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
