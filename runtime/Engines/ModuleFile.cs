using Microsoft.Win32.SafeHandles;
using Weft.Runtime.Wasmtime;

namespace Weft.Runtime.Engines;

/// <summary>A file that should be WebAssembly.</summary>
internal static class ModuleFile
{
    /// <summary>Largest module that is compiled. Compiling takes many times its size.</summary>
    public const long MaximumSize = 256L << 20;

    private static ReadOnlySpan<byte> Magic => "\0asm"u8;

    /// <summary>Reads it whole.</summary>
    /// <exception cref="EngineException">It cannot be read, or is too large.</exception>
    public static byte[] Read(string path)
    {
        try
        {
            // One that was passed is read as it was opened: to open it anew, this process's user may not have the right.
            using FileStream file = path.StartsWith(CommandLine.OwnDescriptors, StringComparison.Ordinal) && int.TryParse(path.AsSpan(CommandLine.OwnDescriptors.Length), out int number)
                ? new FileStream(new SafeFileHandle(number, ownsHandle: false), FileAccess.Read, bufferSize: 0)
                : new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            if (file.CanSeek && file.Length > MaximumSize)
            {
                throw new EngineException(EngineFailure.Module, $"module {path} has {file.Length} bytes; at most {MaximumSize} are compiled");
            }

            if (file.CanSeek)
            {
                file.Position = 0;
            }

            using var content = new MemoryStream();
            byte[] part = new byte[128 << 10];
            int count;
            while ((count = file.Read(part)) > 0)
            {
                content.Write(part, 0, count);
                if (content.Length > MaximumSize)
                {
                    throw new EngineException(EngineFailure.Module, $"module {path} is longer than {MaximumSize} bytes");
                }
            }

            return content.ToArray();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EngineException(EngineFailure.Module, $"read module {path}: {e.Message}");
        }
    }

    /// <summary>Tells a component from a module by its header.</summary>
    /// <exception cref="EngineException">It is neither.</exception>
    public static bool IsComponent(ReadOnlySpan<byte> bytes, string name)
    {
        if (bytes.Length < 8 || !bytes[..4].SequenceEqual(Magic))
        {
            throw new EngineException(EngineFailure.Module, $"{name} is no WebAssembly: it does not begin with \\0asm");
        }

        // The second half of the version is the layer: 0 for modules, 1 for components.
        return bytes[6] != 0 || bytes[7] != 0;
    }
}
