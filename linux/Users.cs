using System.Runtime.InteropServices;

namespace Weft.Linux;

/// <summary>A user of the machine, with all groups that a login of theirs has.</summary>
public sealed record UserAccount
{
    public required string Name { get; init; }

    public required uint Uid { get; init; }

    /// <summary>The primary group first.</summary>
    public required IReadOnlyList<uint> Groups { get; init; }

    /// <summary>The home folder, which need not exist.</summary>
    public required string Home { get; init; }
}

/// <summary>The system's users (nsswitch.conf), as every program on the machine sees them.</summary>
public static partial class Users
{
    private const int MostGroups = 65536; // NGROUPS_MAX
    private const int LargestEntry = 1 << 20;

    /// <summary>Null where there is no such user.</summary>
    public static unsafe UserAccount? Find(string name)
    {
        byte[] strings = new byte[4096];
        while (true)
        {
            // The entry's strings lie in the pinned buffer, and are copied out of it before it is let go.
            fixed (byte* buffer = strings)
            {
                PasswordEntry* found = null;
                int error = getpwnam_r(name, out PasswordEntry entry, buffer, (nuint)strings.Length, &found);
                if (error == 0)
                {
                    return found is null ? null : new UserAccount
                    {
                        Name = name,
                        Uid = entry.Uid,
                        Groups = GroupsOf(name, entry.Gid),
                        Home = Marshal.PtrToStringUTF8((nint)entry.Home) ?? "/",
                    };
                }

                // What a machine without the user's database says is no error either.
                if (error is Errno.ENOENT or Errno.ESRCH)
                {
                    return null;
                }

                if (error != Errno.EINTR && (error != Errno.ERANGE || strings.Length >= LargestEntry))
                {
                    throw new LinuxException("getpwnam_r", name, error);
                }
            }

            strings = new byte[strings.Length * 2];
        }
    }

    private static uint[] GroupsOf(string name, uint primary)
    {
        uint[] groups = new uint[64];
        while (true)
        {
            int count = groups.Length;
            if (getgrouplist(name, primary, groups, ref count) >= 0)
            {
                return groups[..count];
            }

            if (groups.Length >= MostGroups)
            {
                throw new LinuxException("getgrouplist", name, Errno.EINVAL, $"more than {MostGroups} groups");
            }

            groups = new uint[Math.Min(Math.Max(count, groups.Length * 2), MostGroups)];
        }
    }

    /// <summary>struct passwd of 64-bit glibc.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private unsafe struct PasswordEntry
    {
        public byte* Name;
        public byte* Password;
        public uint Uid;
        public uint Gid;
        public byte* Comment;
        public byte* Home;
        public byte* Shell;
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int getpwnam_r(string name, out PasswordEntry entry, byte* buffer, nuint size, PasswordEntry** found);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int getgrouplist(string name, uint group, [In, Out] uint[] groups, ref int count);
}
