using System.Net;
using System.Runtime.InteropServices;

namespace Weft.Linux;

/// <summary>A name has no addresses, or nobody could be asked. The message names it and what the resolver said.</summary>
public sealed class NameLookupException(string name, string reason) : IOException($"resolve {name}: {reason}");

/// <summary>The system's resolver (nsswitch.conf, hosts, DNS), as every program on the machine sees names.</summary>
public static partial class NameLookup
{
    private const int AF_INET = 2;
    private const int AF_INET6 = 10;
    private const int AF_UNSPEC = 0;
    private const int SOCK_STREAM = 1;
    private const int AI_ADDRCONFIG = 0x20;

    /// <summary>
    /// All addresses of <paramref name="name"/>, in the order to try them. Blocks for as long as the resolver takes (many seconds where its
    /// server is silent) and cannot be cancelled: call it on a thread that can be left behind.
    /// </summary>
    /// <exception cref="NameLookupException">There are none.</exception>
    public static unsafe IReadOnlyList<IPAddress> Resolve(string name)
    {
        AddressInformation hints = new() { Family = AF_UNSPEC, Type = SOCK_STREAM, Flags = AI_ADDRCONFIG };
        AddressInformation* list = null;
        int error = getaddrinfo(name, null, &hints, &list);
        if (error != 0)
        {
            throw new NameLookupException(name, Marshal.PtrToStringUTF8(gai_strerror(error)) ?? $"error {error}");
        }

        // The list is the library's until freeaddrinfo; addresses are copied out of it, each within the length that it says.
        try
        {
            List<IPAddress> addresses = [];
            for (AddressInformation* one = list; one is not null; one = one->Next)
            {
                IPAddress? address = one->Family switch
                {
                    AF_INET when one->Length >= 8 => new IPAddress(new ReadOnlySpan<byte>(one->Address + 4, 4)),
                    AF_INET6 when one->Length >= 28 => new IPAddress(new ReadOnlySpan<byte>(one->Address + 8, 16), *(uint*)(one->Address + 24)),
                    _ => null,
                };
                if (address is not null && !addresses.Contains(address))
                {
                    addresses.Add(address);
                }
            }

            return addresses.Count > 0 ? addresses : throw new NameLookupException(name, "it has no address");
        }
        finally
        {
            freeaddrinfo(list);
        }
    }

    /// <summary>struct addrinfo of 64-bit Linux.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private unsafe struct AddressInformation
    {
        public int Flags;
        public int Family;
        public int Type;
        public int Protocol;
        public uint Length;
        public byte* Address;
        public byte* Name;
        public AddressInformation* Next;
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int getaddrinfo(string name, string? service, AddressInformation* hints, AddressInformation** list);

    [LibraryImport("libc")]
    private static unsafe partial void freeaddrinfo(AddressInformation* list);

    [LibraryImport("libc")]
    private static partial nint gai_strerror(int error);
}
