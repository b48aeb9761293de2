using System.Globalization;

namespace Weft.Core.Apps;

/// <summary>Amounts as people write them in manifests, settings and on command lines. K, M and G are powers of 1024.</summary>
public static class Amounts
{
    /// <summary>Most percent of a processor anything can ask for: 1024 whole ones.</summary>
    public const int MaximumCpuPercent = 102_400;

    /// <summary>Most tasks anything can ask for: the kernel's own limit of process ids.</summary>
    public const int MaximumTasks = 4_194_304;

    /// <summary>Most bytes anything can ask for: 1 PiB, so that sums never overflow.</summary>
    public const long MaximumBytes = 1L << 50;

    /// <summary>Reads <c>"50%"</c>: a whole percentage of one processor, at least 1.</summary>
    public static bool TryParseCpu(string text, out int percent, out string problem)
    {
        percent = 0;
        if (text.EndsWith('%') && TryDigits(text.AsSpan(0, text.Length - 1), out long number) && number is >= 1 and <= MaximumCpuPercent)
        {
            percent = (int)number;
            problem = "";
            return true;
        }

        problem = $"'{Printable.Quote(text)}' is no share of processors: write whole percents of one, such as \"50%\"";
        return false;
    }

    /// <summary>Reads <c>"128M"</c>: bytes, or with K, M or G that many powers of 1024; at least 1.</summary>
    public static bool TryParseBytes(string text, out long bytes, out string problem)
    {
        bytes = 0;
        int shift = text.Length == 0 ? 0 : text[^1] switch { 'K' => 10, 'M' => 20, 'G' => 30, _ => 0 };
        ReadOnlySpan<char> digits = shift == 0 ? text : text.AsSpan(0, text.Length - 1);
        if (TryDigits(digits, out long number) && number >= 1 && number <= MaximumBytes >> shift)
        {
            bytes = number << shift;
            problem = "";
            return true;
        }

        problem = $"'{Printable.Quote(text)}' is no amount of memory: write a whole number with K, M or G, such as \"128M\"";
        return false;
    }

    /// <summary>Reads a number of tasks, at least 1.</summary>
    public static bool TryParseTasks(string text, out int tasks, out string problem)
    {
        tasks = 0;
        if (TryDigits(text, out long number) && number is >= 1 and <= MaximumTasks)
        {
            tasks = (int)number;
            problem = "";
            return true;
        }

        problem = $"'{Printable.Quote(text)}' is no number of tasks: write a whole number of at least 1";
        return false;
    }

    /// <summary>The shortest text that <see cref="TryParseBytes"/> reads back as the same number.</summary>
    public static string FormatBytes(long bytes)
    {
        (int shift, string unit) = bytes == 0 ? (0, "")
            : (bytes & ((1L << 30) - 1)) == 0 ? (30, "G")
            : (bytes & ((1L << 20) - 1)) == 0 ? (20, "M")
            : (bytes & ((1L << 10) - 1)) == 0 ? (10, "K")
            : (0, "");
        return string.Create(CultureInfo.InvariantCulture, $"{bytes >> shift}{unit}");
    }

    /// <summary>The text that <see cref="TryParseCpu"/> reads back.</summary>
    public static string FormatCpu(int percent) => string.Create(CultureInfo.InvariantCulture, $"{percent}%");

    private static bool TryDigits(ReadOnlySpan<char> text, out long number)
    {
        number = 0;
        return text.Length is > 0 and <= 16 && text.IndexOfAnyExceptInRange('0', '9') < 0
            && (text.Length == 1 || text[0] != '0')
            && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }
}
