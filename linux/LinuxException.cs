using System.Runtime.InteropServices;

namespace Weft.Linux;

/// <summary>
/// The system refused a call. The message names call, object and error: <c>open /x/y: No such file or directory (ENOENT)</c>.
/// Callers act on <see cref="Errno"/>, never on the text.
/// </summary>
public sealed class LinuxException : IOException
{
    /// <param name="call">The libc function or system call.</param>
    /// <param name="path">What it was called on: a path, <c>pid 12</c>, or null where there is no object.</param>
    /// <param name="errno">The error number, read right after the call.</param>
    /// <param name="hint">What the reader can do about it, where there is something.</param>
    public LinuxException(string call, string? path, int errno, string? hint = null)
        : base(Describe(call, path, errno, hint))
    {
        Call = call;
        Path = path;
        Errno = errno;
    }

    public string Call { get; }

    public string? Path { get; }

    public int Errno { get; }

    /// <summary>What the last failed call of this thread left behind; to be called before anything else can run a call.</summary>
    internal static LinuxException FromLastError(string call, string? path) => new(call, path, Marshal.GetLastPInvokeError());

    /// <summary>As above, on an open file. Asking for its name runs calls, so the error is read first.</summary>
    internal static LinuxException FromLastErrorOn(string call, Descriptor file)
    {
        int errno = Marshal.GetLastPInvokeError();
        return new LinuxException(call, Files.Describe(file), errno);
    }

    private static string Describe(string call, string? path, int errno, string? hint)
    {
        string what = path is null ? call : $"{call} {path}";
        string text = $"{what}: {Marshal.GetPInvokeErrorMessage(errno)} ({Linux.Errno.Name(errno)})";
        return hint is null ? text : $"{text}; {hint}";
    }
}
