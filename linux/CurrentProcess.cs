using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Weft.Linux;

/// <summary>What a process does to itself.</summary>
public static unsafe partial class CurrentProcess
{
    /// <summary>Ends the process at once: no finalizers, no handlers, no other thread is waited for.</summary>
    [DoesNotReturn]
    public static void Exit(int code)
    {
        _exit(code);
        throw new InvalidOperationException("_exit came back");
    }

    /// <summary>Becomes another program, with this environment; comes back only where that fails.</summary>
    /// <returns>errno of the failed call.</returns>
    public static int Execute(string program, IReadOnlyList<string> arguments)
    {
        int count = arguments.Count + 1;
        byte** list = (byte**)NativeMemory.AllocZeroed((nuint)(count + 1), (nuint)sizeof(byte*));
        try
        {
            list[0] = (byte*)Marshal.StringToCoTaskMemUTF8(program);
            for (int i = 1; i < count; i++)
            {
                list[i] = (byte*)Marshal.StringToCoTaskMemUTF8(arguments[i - 1]);
            }

            // list is NULL-terminated and its strings live until after the call.
            _ = execv(list[0], list);
            return Marshal.GetLastPInvokeError();
        }
        finally
        {
            for (int i = 0; i < count; i++)
            {
                Marshal.FreeCoTaskMem((nint)list[i]);
            }

            NativeMemory.Free(list);
        }
    }

    /// <summary>
    /// Becomes another user for good, all threads of this process: groups, then group ids, then user ids, real, effective and saved. Capabilities
    /// go with it. Only root can.
    /// </summary>
    /// <param name="uid">Not 0.</param>
    /// <param name="groups">The primary one first; all of them, so that none of root's stays.</param>
    public static void BecomeUser(uint uid, uint[] groups)
    {
        if (setgroups((nuint)groups.Length, groups) < 0)
        {
            throw LinuxException.FromLastError("setgroups", string.Join(',', groups));
        }

        if (setresgid(groups[0], groups[0], groups[0]) < 0)
        {
            throw LinuxException.FromLastError("setresgid", $"{groups[0]}");
        }

        if (setresuid(uid, uid, uid) < 0)
        {
            throw LinuxException.FromLastError("setresuid", $"{uid}");
        }
    }

    /// <summary>Sets a variable where native libraries of this process read it (.NET keeps a copy of its own).</summary>
    public static void SetNativeVariable(string name, string value) => _ = setenv(name, value, 1);

    /// <summary>All threads take native memory from one heap, instead of one each: less of it, for processes that allocate little.</summary>
    public static void ShareNativeHeap()
    {
        const int M_ARENA_MAX = -8;
        _ = mallopt(M_ARENA_MAX, 1);
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setgroups(nuint count, uint[] groups);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setresgid(uint real, uint effective, uint saved);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setresuid(uint real, uint effective, uint saved);

    [LibraryImport("libc")]
    private static partial int mallopt(int parameter, int value);

    [LibraryImport("libc")]
    private static partial void _exit(int code);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int execv(byte* program, byte** arguments);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int setenv(string name, string value, int overwrite);
}
