using Weft.Core.Apps;
using Xunit;

namespace Weft.Core.Tests.Apps;

public sealed class CapabilityTests
{
    [Theory]
    [InlineData("fs:read:app-data", "fs:read:app-data")]
    [InlineData("fs:rw:app-data", "fs:rw:app-data")]
    [InlineData("fs:read:xdg-documents", "fs:read:xdg-documents")]
    [InlineData("fs:rw:xdg-documents", "fs:rw:xdg-documents")]
    [InlineData("portal:files", "portal:files")]
    [InlineData("sys:notifications", "sys:notifications")]
    [InlineData("sys:clipboard:read", "sys:clipboard:read")]
    [InlineData("sys:clipboard:write", "sys:clipboard:write")]
    [InlineData("net:fetch", "net:fetch:*")]
    [InlineData("net:fetch:*", "net:fetch:*")]
    [InlineData("net:fetch:*:8443", "net:fetch:*:8443")]
    [InlineData("net:fetch:local", "net:fetch:local")]
    [InlineData("net:fetch:Api.Example.COM", "net:fetch:api.example.com")]
    [InlineData("net:fetch:api.example.com:8080", "net:fetch:api.example.com:8080")]
    [InlineData("net:fetch:localhost:8080", "net:fetch:localhost:8080")]
    [InlineData("net:fetch:10.0.0.1", "net:fetch:10.0.0.1")]
    [InlineData("net:fetch:[2001:DB8::0:1]:443", "net:fetch:[2001:db8::1]:443")]
    public void Each_capability_has_one_canonical_text(string text, string canonical)
    {
        Assert.True(Capability.TryParse(text, out Capability? capability));
        Assert.Equal(canonical, capability!.Text);
        Assert.Equal(capability, Capability.Parse(canonical));
    }

    [Theory]
    [InlineData("", "unknown capability ''")]
    [InlineData("fs:rw:app-data ", "unknown capability 'fs:rw:app-data '")]
    [InlineData("FS:rw:app-data", "unknown capability 'FS:rw:app-data'")]
    [InlineData("fs:write:app-data", "unknown capability 'fs:write:app-data'")]
    [InlineData("sys:root\u202e", "unknown capability 'sys:root\\u{202E}'")]
    [InlineData("net:fetch:", "'' in capability 'net:fetch:' is no host: write a host name, an IP address (IPv6 in brackets) or *")]
    [InlineData("net:fetch:*.example.com", "'*.example.com' in capability 'net:fetch:*.example.com' is no host: write a host name, an IP address (IPv6 in brackets) or *")]
    [InlineData("net:fetch:a.example:0", "'0' in capability 'net:fetch:a.example:0' is no port: write 1 to 65535")]
    [InlineData("net:fetch:a.example:65536", "'65536' in capability 'net:fetch:a.example:65536' is no port: write 1 to 65535")]
    [InlineData("net:fetch:a.example:080", "'080' in capability 'net:fetch:a.example:080' is no port: write 1 to 65535")]
    [InlineData("net:fetch:local:80", "'net:fetch:local' is a word of its own, in lower case and without a port: name the host in a second capability")]
    [InlineData("net:fetch:LOCAL", "'net:fetch:local' is a word of its own, in lower case and without a port: name the host in a second capability")]
    public void A_mistake_is_explained(string text, string problem)
    {
        Assert.False(Capability.TryParse(text, out _, out string said));
        Assert.Equal(problem, said);
    }

    [Theory]
    [InlineData("http://a.example")]
    [InlineData("a.example/path")]
    [InlineData("user@a.example")]
    [InlineData("a..example")]
    [InlineData("-a.example")]
    [InlineData("a-.example")]
    [InlineData("a.example.")]
    [InlineData("\u0430.example")]
    [InlineData("127.1")]
    [InlineData("2130706433")]
    [InlineData("0177.0.0.1")]
    [InlineData("0x7f000001")]
    [InlineData("a.0x7f")]
    [InlineData("1.2.3.4.5")]
    [InlineData("2001:db8::1")]
    [InlineData("[fe80::1%25eth0]")]
    [InlineData("[127.0.0.1]")]
    [InlineData("[::1")]
    public void A_host_that_could_be_read_two_ways_is_refused(string host) => Assert.False(Capability.TryParse("net:fetch:" + host, out _));

    [Theory]
    [InlineData("net:fetch:*", "anything.example", 443, true)]
    [InlineData("net:fetch:*", "anything.example", 80, true)]
    [InlineData("net:fetch:*", "anything.example", 8443, false)]
    [InlineData("net:fetch:*:8443", "anything.example", 8443, true)]
    [InlineData("net:fetch:*:8443", "anything.example", 443, false)]
    [InlineData("net:fetch:a.example", "A.Example", 443, true)]
    [InlineData("net:fetch:a.example", "b.a.example", 443, false)]
    [InlineData("net:fetch:a.example:81", "a.example", 80, false)]
    [InlineData("net:fetch:[::1]:81", "::1", 81, true)]
    [InlineData("net:fetch:[::1]:81", "[0:0::1]", 81, true)]
    [InlineData("net:fetch:local", "localhost", 80, false)]
    [InlineData("fs:rw:app-data", "a.example", 80, false)]
    public void Fetch_is_granted_by_host_and_port(string capability, string host, int port, bool allowed) =>
        Assert.Equal(allowed, Capability.Parse(capability).AllowsFetch(host, port));

    [Theory]
    [InlineData("fs:rw:app-data", "fs:read:app-data", true)]
    [InlineData("fs:read:app-data", "fs:rw:app-data", false)]
    [InlineData("fs:rw:app-data", "fs:read:xdg-documents", false)]
    [InlineData("net:fetch:*", "net:fetch:a.example", true)]
    [InlineData("net:fetch:*", "net:fetch:a.example:443", true)]
    [InlineData("net:fetch:*", "net:fetch:a.example:8443", false)]
    [InlineData("net:fetch:a.example:443", "net:fetch:a.example", false)]
    [InlineData("net:fetch:*", "net:fetch:local", false)]
    public void What_was_approved_covers_only_what_it_gives(string approved, string asked, bool covered)
    {
        CapabilitySet beyond = CapabilitySet.Parse([asked]).Beyond(CapabilitySet.Parse([approved]));
        Assert.Equal(covered, beyond.Count == 0);
    }

    [Fact]
    public void A_set_holds_each_once_and_knows_the_widest_access()
    {
        CapabilitySet set = CapabilitySet.Parse(["fs:read:app-data", "net:fetch", "fs:rw:app-data", "net:fetch:*"]);
        Assert.Equal(["fs:read:app-data", "net:fetch:*", "fs:rw:app-data"], set.Texts());
        Assert.Equal(FolderAccess.ReadWrite, set.Access(CapabilityKind.AppData));
        Assert.Null(set.Access(CapabilityKind.XdgDocuments));
        Assert.False(set.AllowsLocalAddresses);
        Assert.Equal(set, CapabilitySet.Parse(["fs:rw:app-data", "net:fetch", "fs:read:app-data"]));
    }
}
