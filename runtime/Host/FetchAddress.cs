using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Weft.Runtime.Host;

/// <summary>What an address is, as far as fetch cares.</summary>
internal enum AddressKind
{
    /// <summary>A host on the internet.</summary>
    Public,

    Loopback,

    LinkLocal,

    /// <summary>10/8, 172.16/12, 192.168/16 (RFC 1918), and IPv6's old site-local.</summary>
    Private,

    /// <summary>100.64/10 (RFC 6598).</summary>
    Shared,

    /// <summary>fc00::/7 (RFC 4193).</summary>
    UniqueLocal,

    /// <summary>0/8 and ::, which Linux connects to itself.</summary>
    Unspecified,

    Multicast,

    Broadcast,

    /// <summary>Documentation, benchmarks, protocol assignments, future use: nobody is there.</summary>
    Reserved,

    /// <summary>Tunnels whose other end is chosen by the address (Teredo, local-use NAT64).</summary>
    Tunnel,
}

/// <summary>
/// Sorts addresses by the special-purpose registries of IANA (RFC 6890). An address that carries an IPv4 address inside is what that is.
/// </summary>
internal static class FetchAddress
{
    /// <summary>True where a guest may be connected there.</summary>
    /// <param name="address">After resolution.</param>
    /// <param name="localGranted"><c>net:fetch:local</c> is held: the machine itself and its networks, never the rest.</param>
    public static bool IsAllowed(IPAddress address, bool localGranted) => KindOf(address) switch
    {
        AddressKind.Public => true,
        AddressKind.Loopback or AddressKind.LinkLocal or AddressKind.Private or AddressKind.Shared or AddressKind.UniqueLocal => localGranted,
        _ => false,
    };

    /// <summary>True where <c>net:fetch:local</c> would help.</summary>
    public static bool IsLocal(IPAddress address) => !IsAllowed(address, localGranted: false) && IsAllowed(address, localGranted: true);

    public static AddressKind KindOf(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out int length);
        return address.AddressFamily == AddressFamily.InterNetwork && length == 4
            ? KindOfFour(BinaryPrimitives.ReadUInt32BigEndian(bytes))
            : KindOfSix(bytes);
    }

    /// <summary>The kind in words, for the message a guest's author reads.</summary>
    public static string Describe(AddressKind kind) => kind switch
    {
        AddressKind.Loopback => "loopback",
        AddressKind.LinkLocal => "link-local",
        AddressKind.Private => "private",
        AddressKind.Shared => "shared (100.64/10)",
        AddressKind.UniqueLocal => "unique-local",
        AddressKind.Unspecified => "this machine (unspecified)",
        AddressKind.Multicast => "multicast",
        AddressKind.Broadcast => "broadcast",
        AddressKind.Reserved => "reserved",
        AddressKind.Tunnel => "tunnel",
        _ => "public",
    };

    private static AddressKind KindOfFour(uint address)
    {
        return address switch
        {
            0xFFFFFFFF => AddressKind.Broadcast,
            _ when In(0x00000000, 8) => AddressKind.Unspecified,
            _ when In(0x0A000000, 8) => AddressKind.Private,
            _ when In(0x64400000, 10) => AddressKind.Shared,
            _ when In(0x7F000000, 8) => AddressKind.Loopback,
            _ when In(0xA9FE0000, 16) => AddressKind.LinkLocal,
            _ when In(0xAC100000, 12) => AddressKind.Private,
            _ when In(0xC0000000, 24) => AddressKind.Reserved,  // 192.0.0/24, protocol assignments
            _ when In(0xC0000200, 24) => AddressKind.Reserved,  // 192.0.2/24, documentation
            _ when In(0xC0586300, 24) => AddressKind.Reserved,  // 192.88.99/24, 6to4 relays
            _ when In(0xC0A80000, 16) => AddressKind.Private,
            _ when In(0xC6120000, 15) => AddressKind.Reserved,  // 198.18/15, benchmarks
            _ when In(0xC6336400, 24) => AddressKind.Reserved,  // 198.51.100/24, documentation
            _ when In(0xCB007100, 24) => AddressKind.Reserved,  // 203.0.113/24, documentation
            _ when In(0xE0000000, 4) => AddressKind.Multicast,
            _ when In(0xF0000000, 4) => AddressKind.Reserved,
            _ => AddressKind.Public,
        };

        bool In(uint network, int bits) => (address ^ network) >> (32 - bits) == 0;
    }

    private static AddressKind KindOfSix(ReadOnlySpan<byte> a)
    {
        ulong high = BinaryPrimitives.ReadUInt64BigEndian(a);
        ulong low = BinaryPrimitives.ReadUInt64BigEndian(a[8..]);
        if (high == 0)
        {
            return (low >> 32) switch
            {
                0xFFFF => KindOfFour((uint)low),                  // ::ffff:a.b.c.d, mapped
                0 when low == 1 => AddressKind.Loopback,
                0 when low == 0 => AddressKind.Unspecified,
                0 => Embedded((uint)low),                         // ::a.b.c.d, compatible (obsolete)
                0xFFFF0000 => Embedded((uint)low),                // ::ffff:0:a.b.c.d, translated (RFC 2765)
                _ => AddressKind.Reserved,
            };
        }

        if (high == 0x0064FF9B_00000000 && low >> 32 == 0)
        {
            return KindOfFour((uint)low);                         // 64:ff9b::/96, NAT64
        }

        if (high >> 16 == 0x0064FF9B_0001)
        {
            return AddressKind.Tunnel;                            // 64:ff9b:1::/48, local-use NAT64: where the IPv4 address sits is the network's choice
        }

        if (a[0] == 0xFF)
        {
            return AddressKind.Multicast;
        }

        if ((a[0] & 0xFE) == 0xFC)
        {
            return AddressKind.UniqueLocal;
        }

        if (a[0] == 0xFE && (a[1] & 0xC0) == 0x80)
        {
            return AddressKind.LinkLocal;
        }

        if (a[0] == 0xFE && (a[1] & 0xC0) == 0xC0)
        {
            return AddressKind.Private;
        }

        if ((a[0] & 0xE0) != 0x20)
        {
            return AddressKind.Reserved;                          // Outside 2000::/3 nothing public is assigned.
        }

        if (high >> 48 == 0x2002)
        {
            return KindOfFour((uint)(high >> 16));                // 6to4
        }

        if (high >> 32 == 0x20010000)
        {
            return AddressKind.Tunnel;                            // Teredo: relays and hosts are in the address
        }

        if (high >> 41 == 0x20010000 >> 9 || high >> 32 == 0x20010DB8 || high >> 44 == 0x3FFF0)
        {
            return AddressKind.Reserved;                          // 2001::/23 assignments, 2001:db8::/32 and 3fff::/20 documentation
        }

        // ISATAP: an interface id of [02]00:5efe:a.b.c.d leads into the network of that IPv4 address.
        return low >> 32 is 0x00005EFE or 0x02005EFE ? KindOfFour((uint)low) : AddressKind.Public;
    }

    /// <summary>Obsolete forms: never public, and local only where what they carry is.</summary>
    private static AddressKind Embedded(uint four) => KindOfFour(four) is AddressKind.Public ? AddressKind.Reserved : KindOfFour(four);
}
