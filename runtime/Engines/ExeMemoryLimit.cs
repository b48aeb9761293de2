using Weft.Runtime.Wasmtime;

namespace Weft.Runtime.Engines;

/// <summary>
/// Writes the limit of linear memory into a module itself, for an engine that knows no such limit: growing beyond a memory's own maximum
/// fails in the guest, exactly as beyond the engine's.
/// </summary>
internal static class ExeMemoryLimit
{
    private const int PageSize = 64 << 10;
    private const int HeaderSize = 8;
    private const byte MemorySection = 5;
    private const int HasMaximum = 1;
    private const int Shared = 2;

    /// <summary>The module with every memory held to <paramref name="limit"/> bytes.</summary>
    /// <exception cref="EngineException">A memory is larger from the start, or the module cannot be read.</exception>
    public static byte[] Apply(byte[] module, long limit)
    {
        try
        {
            using MemoryStream result = new();
            result.Write(module.AsSpan(0, HeaderSize));
            int at = HeaderSize;
            while (at < module.Length)
            {
                int begin = at;
                byte id = module[at++];
                int size = checked((int)Number(module, ref at));
                int end = checked(at + size);
                if (end > module.Length)
                {
                    throw Broken("a section is longer than the module");
                }

                // A memory that is imported has nobody to come from: the engine refuses it.
                if (id == MemorySection)
                {
                    byte[] memories = Rewrite(module.AsSpan(at, size), limit);
                    result.WriteByte(id);
                    Write(result, (ulong)memories.Length);
                    result.Write(memories);
                }
                else
                {
                    result.Write(module.AsSpan(begin, end - begin));
                }

                at = end;
            }

            return result.ToArray();
        }
        catch (Exception e) when (e is OverflowException or IndexOutOfRangeException or ArgumentOutOfRangeException)
        {
            throw Broken("a number in it is none");
        }
    }

    private static byte[] Rewrite(ReadOnlySpan<byte> section, long limit)
    {
        using MemoryStream result = new();
        int at = 0;
        ulong count = Number(section, ref at);
        Write(result, count);
        ulong most = (ulong)(limit / PageSize);
        for (ulong i = 0; i < count; i++)
        {
            ulong flags = Number(section, ref at);
            ulong minimum = Number(section, ref at);
            ulong maximum = (flags & HasMaximum) != 0 ? Number(section, ref at) : ulong.MaxValue;

            // Pages of another size and shared memories would need their own sums; no compiler that targets WASI makes them.
            if ((flags & ~(ulong)(HasMaximum | 4)) != 0)
            {
                throw new EngineException(EngineFailure.Module, (flags & Shared) != 0 ? "the module shares its memory between threads, which Weft does not offer" : "the module's memory has a form that Weft does not know");
            }

            if (minimum > most)
            {
                throw new EngineException(EngineFailure.Module, $"the module's memory begins with {minimum} pages of 64 KiB, the limit is {most}: raise linear_memory in its manifest");
            }

            Write(result, flags | HasMaximum);
            Write(result, minimum);
            Write(result, Math.Min(maximum, most));
        }

        return at == section.Length ? result.ToArray() : throw Broken("its memory section has bytes left over");
    }

    /// <summary>An unsigned LEB128 number of at most 64 bits.</summary>
    private static ulong Number(ReadOnlySpan<byte> bytes, ref int at)
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            byte one = bytes[at++];
            value |= (ulong)(one & 0x7F) << shift;
            if (one < 0x80)
            {
                return value;
            }
        }

        throw new OverflowException();
    }

    private static void Write(Stream target, ulong value)
    {
        while (value >= 0x80)
        {
            target.WriteByte((byte)(value | 0x80));
            value >>= 7;
        }

        target.WriteByte((byte)value);
    }

    private static EngineException Broken(string what) => new(EngineFailure.Module, $"the module cannot be read: {what}");
}
