namespace Weft.Fuzz;

/// <summary>Makes bad input from good. The input of an iteration follows from seed and iteration alone, so that every finding can be had again.</summary>
internal sealed class Mutator(IReadOnlyList<byte[]> seeds, IReadOnlyList<byte[]> words, int seed)
{
    private const int MaxLength = 64 * 1024;

    private static readonly byte[] Interesting = [0, 1, 0x1f, 0x20, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xc0, 0xc1, 0xd8, 0xdb, 0xdd, 0xdf, 0xfe, 0xff, (byte)'"', (byte)'\\', (byte)'{', (byte)'}', (byte)'[', (byte)']', (byte)'\n'];

    public byte[] Input(long iteration)
    {
        var random = new Random(HashCode(iteration));
        var bytes = new List<byte>(seeds[random.Next(seeds.Count)]);
        if (random.Next(20) == 0)
        {
            bytes = [.. RandomBytes(random, random.Next(64))];
        }

        for (int changes = 1 + random.Next(1 << random.Next(5)); changes > 0; changes--)
        {
            Change(bytes, random);
        }

        return bytes.Count <= MaxLength ? [.. bytes] : [.. bytes.Take(MaxLength)];
    }

    private static byte[] RandomBytes(Random random, int length)
    {
        byte[] bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }

    // Not System.HashCode: that differs from process to process.
    private int HashCode(long iteration) => unchecked((int)((((ulong)iteration + 1) * 0x9E37_79B9_7F4A_7C15) >> 31) ^ (seed * 486_187_739));

    private void Change(List<byte> bytes, Random random)
    {
        int at = random.Next(bytes.Count + 1);
        int length = Math.Min(random.Next(1 << random.Next(10)), bytes.Count - at);
        switch (random.Next(12))
        {
            case 0 when at < bytes.Count:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1 when at < bytes.Count:
                bytes[at] = Interesting[random.Next(Interesting.Length)];
                break;
            case 2 when at < bytes.Count:
                bytes[at] = (byte)random.Next(256);
                break;
            case 3:
                bytes.RemoveRange(at, length);
                break;
            case 4:
                bytes.RemoveRange(at, bytes.Count - at);
                break;
            case 5:
                bytes.InsertRange(random.Next(bytes.Count + 1), bytes.GetRange(at, length));
                break;
            case 6:
                bytes.InsertRange(at, RandomBytes(random, random.Next(16)));
                break;
            case 7:
                byte[] other = seeds[random.Next(seeds.Count)];
                int from = random.Next(other.Length + 1);
                bytes.InsertRange(at, other[from..Math.Min(other.Length, from + random.Next(256))]);
                break;
            case 8:
                bytes.InsertRange(at, Enumerable.Repeat(Interesting[random.Next(Interesting.Length)], random.Next(1 << random.Next(14))));
                break;
            case 9 when words.Count > 0:
                bytes.InsertRange(at, words[random.Next(words.Count)]);
                break;
            case 10 when words.Count > 0:
                bytes.RemoveRange(at, length);
                bytes.InsertRange(at, words[random.Next(words.Count)]);
                break;
            case 11 when at < bytes.Count:
                bytes[at] += (byte)(random.Next(2) == 0 ? 1 : 255);
                break;
        }

        if (bytes.Count > MaxLength)
        {
            bytes.RemoveRange(MaxLength, bytes.Count - MaxLength);
        }
    }
}
