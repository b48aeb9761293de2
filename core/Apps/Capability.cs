using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Weft.Core.Apps;

/// <summary>What a capability opens; see the table in docs/packages.md.</summary>
public enum CapabilityKind
{
    /// <summary>The app's data folder as <c>/data</c>.</summary>
    AppData,

    /// <summary>The documents folder as <c>/xdg/documents</c>.</summary>
    XdgDocuments,

    /// <summary>Ask the person for a file or folder.</summary>
    PortalFiles,

    /// <summary>HTTP(S) to one host or to all of them.</summary>
    NetFetch,

    /// <summary>Private, loopback and link-local addresses too, where another grant names the host.</summary>
    NetFetchLocal,

    /// <summary>Notifications in the system UI.</summary>
    Notifications,

    /// <summary>Read the kiosk's clipboard.</summary>
    ClipboardRead,

    /// <summary>Write the kiosk's clipboard.</summary>
    ClipboardWrite,
}

/// <summary>What may be done in a granted folder.</summary>
public enum FolderAccess
{
    /// <summary>Read only.</summary>
    ReadOnly,

    /// <summary>Read and write.</summary>
    ReadWrite,
}

/// <summary>
/// One capability that a manifest declares. Two that mean the same are equal: <see cref="Text"/> is the canonical form
/// (<c>net:fetch</c> becomes <c>net:fetch:*</c>, host names are lower case).
/// </summary>
public sealed record Capability
{
    /// <summary>The host that stands for all hosts.</summary>
    public const string AnyHost = "*";

    private const string FetchPrefix = "net:fetch:";

    private Capability(CapabilityKind kind, string text)
    {
        Kind = kind;
        Text = text;
    }

    public CapabilityKind Kind { get; }

    /// <summary>The canonical text, which names and compares it everywhere (approvals, grants, command lines).</summary>
    public string Text { get; }

    /// <summary>For <see cref="CapabilityKind.AppData"/> and <see cref="CapabilityKind.XdgDocuments"/>.</summary>
    public FolderAccess? Access { get; private init; }

    /// <summary>For <see cref="CapabilityKind.NetFetch"/>: <c>*</c>, a lower-case name, an IPv4 address or an IPv6 address in brackets.</summary>
    public string? Host { get; private init; }

    /// <summary>For <see cref="CapabilityKind.NetFetch"/>: the one port; null means 80 and 443.</summary>
    public int? Port { get; private init; }

    /// <summary>Reads a capability; where it is none, <paramref name="problem"/> says why in words for the app's author.</summary>
    public static bool TryParse(string? text, out Capability? capability, out string problem)
    {
        problem = "";
        capability = text switch
        {
            "fs:read:app-data" => new(CapabilityKind.AppData, text) { Access = FolderAccess.ReadOnly },
            "fs:rw:app-data" => new(CapabilityKind.AppData, text) { Access = FolderAccess.ReadWrite },
            "fs:read:xdg-documents" => new(CapabilityKind.XdgDocuments, text) { Access = FolderAccess.ReadOnly },
            "fs:rw:xdg-documents" => new(CapabilityKind.XdgDocuments, text) { Access = FolderAccess.ReadWrite },
            "portal:files" => new(CapabilityKind.PortalFiles, text),
            "sys:notifications" => new(CapabilityKind.Notifications, text),
            "sys:clipboard:read" => new(CapabilityKind.ClipboardRead, text),
            "sys:clipboard:write" => new(CapabilityKind.ClipboardWrite, text),
            "net:fetch:local" => new(CapabilityKind.NetFetchLocal, text),
            "net:fetch" or "net:fetch:*" => new(CapabilityKind.NetFetch, "net:fetch:*") { Host = AnyHost },
            _ => null,
        };
        if (capability is not null)
        {
            return true;
        }

        if (text is null || !text.StartsWith(FetchPrefix, StringComparison.Ordinal))
        {
            problem = $"unknown capability '{Printable.Quote(text)}'";
            return false;
        }

        capability = ParseFetch(text[FetchPrefix.Length..], out problem);
        return capability is not null;
    }

    /// <inheritdoc cref="TryParse(string?, out Capability?, out string)"/>
    public static bool TryParse(string? text, out Capability? capability) => TryParse(text, out capability, out _);

    /// <summary>Reads a capability that is known to be one.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static Capability Parse(string text) =>
        TryParse(text, out Capability? capability, out string problem) ? capability! : throw new FormatException(problem);

    /// <summary>True where holding this one gives all that <paramref name="other"/> gives.</summary>
    public bool Covers(Capability other)
    {
        if (Kind != other.Kind)
        {
            return false;
        }

        return Kind switch
        {
            CapabilityKind.AppData or CapabilityKind.XdgDocuments => Access == other.Access || Access == FolderAccess.ReadWrite,
            CapabilityKind.NetFetch => (Host == AnyHost || Host == other.Host) && (Port == other.Port || (Port is null && other.Port is 80 or 443)),
            _ => true,
        };
    }

    /// <summary>True where this grant lets the app fetch from that host and port; says nothing about forbidden addresses.</summary>
    /// <param name="host">As in the URL: a name, an IPv4 address, or an IPv6 address with or without brackets.</param>
    /// <param name="port">The port that will be connected to.</param>
    public bool AllowsFetch(string host, int port) =>
        Kind == CapabilityKind.NetFetch
        && (Port is { } only ? port == only : port is 80 or 443)
        && (Host == AnyHost || (TryCanonicalHost(host.Contains(':') && !host.StartsWith('[') ? $"[{host}]" : host, out string canonical) && canonical == Host));

    public bool Equals(Capability? other) => other is not null && Text == other.Text;

    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => Text;

    private static Capability? ParseFetch(string target, out string problem)
    {
        string host = target;
        int? port = null;
        int colon = target.LastIndexOf(':');
        if (colon > target.LastIndexOf(']'))
        {
            host = target[..colon];
            string digits = target[(colon + 1)..];
            if (digits.Length is 0 or > 5 || digits[0] == '0' || !digits.All(char.IsAsciiDigit)
                || int.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture) is var number && number > 65535)
            {
                problem = $"'{Printable.Quote(digits)}' in capability 'net:fetch:{Printable.Quote(target)}' is no port: write 1 to 65535";
                return null;
            }

            port = number;
        }

        if (host.Equals("local", StringComparison.OrdinalIgnoreCase))
        {
            problem = "'net:fetch:local' is a word of its own, in lower case and without a port: name the host in a second capability";
            return null;
        }

        string canonical = AnyHost;
        if (host != AnyHost && !TryCanonicalHost(host, out canonical))
        {
            problem = $"'{Printable.Quote(host)}' in capability 'net:fetch:{Printable.Quote(target)}' is no host: write a host name, an IP address (IPv6 in brackets) or *";
            return null;
        }

        problem = "";
        string text = port is { } named ? string.Create(CultureInfo.InvariantCulture, $"{FetchPrefix}{canonical}:{named}") : FetchPrefix + canonical;
        return new Capability(CapabilityKind.NetFetch, text) { Host = canonical, Port = port };
    }

    private static bool TryCanonicalHost(string host, out string canonical)
    {
        canonical = "";
        if (host.Length is 0 or > 253)
        {
            return false;
        }

        if (host[0] == '[')
        {
            if (host[^1] != ']' || host.Contains('%') || !IPAddress.TryParse(host.AsSpan(1, host.Length - 2), out IPAddress? six)
                || six.AddressFamily != AddressFamily.InterNetworkV6)
            {
                return false;
            }

            canonical = $"[{six}]";
            return true;
        }

        bool letterInLast = false;
        int label = 0;
        for (int i = 0; i < host.Length; i++)
        {
            char c = host[i];
            if (c == '.')
            {
                if (label == 0 || host[i - 1] == '-')
                {
                    return false;
                }

                label = 0;
                letterInLast = false;
                continue;
            }

            // An underscore is no host name by RFC 1123, yet resolvers and some hosts use it.
            if (!char.IsAsciiLetterOrDigit(c) && !(c is '-' or '_' && (label > 0 || c == '_')))
            {
                return false;
            }

            letterInLast |= !char.IsAsciiDigit(c);
            if (++label > 63)
            {
                return false;
            }
        }

        if (label == 0 || host[^1] == '-')
        {
            return false;
        }

        // A name whose last label is a number is read as an address by URL parsers; accept it only in the one plain form.
        if (!letterInLast || LooksHexadecimal(host))
        {
            if (!IPAddress.TryParse(host, out IPAddress? four) || four.ToString() != host)
            {
                return false;
            }
        }

        canonical = host.ToLowerInvariant();
        return true;
    }

    private static bool LooksHexadecimal(string host)
    {
        ReadOnlySpan<char> last = host.AsSpan(host.LastIndexOf('.') + 1);
        return last.StartsWith("0x", StringComparison.OrdinalIgnoreCase) && last[2..].IndexOfAnyExceptInRange('0', 'f') < 0;
    }
}
